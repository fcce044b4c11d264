/* ESLint's own recommended rules for the page's scripts. `.ci/run` fetches ESLint by version for the one call, so there
   is no package.json: the rules and the browser's names are taken from what ESLint itself brought along. */

const { createRequire } = require("node:module");

const eslint = createRequire(process.argv[1]);
const recommended = eslint("@eslint/js").configs.recommended;
const { browser } = eslint("globals");

module.exports = [
  recommended,
  {
    languageOptions: { globals: browser, sourceType: "module" },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: { eqeqeq: "error", "no-var": "error", "prefer-const": "error" },
  },
  // For browsers that cannot read the others.
  {
    files: ["**/fallback.js"],
    languageOptions: { sourceType: "script", ecmaVersion: 5 },
    rules: { "no-var": "off", "prefer-const": "off" },
  },
];
