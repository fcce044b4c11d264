/** What changed between two texts, word by word: the longest common subsequence. */

/** A blank is one word, and so is what is joined to it. */
const WORDS = /\[[^[\]\n]{1,60}\]|\s+|[^\s[]+|\[/g;

/** Runs of `{kind: "same" | "del" | "ins", words}` that lead from one text to the other. */
export function difference(from, to) {
  const [old, young] = [from, to].map((text) => text.match(WORDS) ?? []);
  const common = lengths(old, young);
  const runs = [];
  const add = (kind, words) => {
    const last = runs[runs.length - 1];
    if (last?.kind === kind) last.words += words;
    else runs.push({ kind, words });
  };
  let [i, j] = [0, 0];
  while (i < old.length || j < young.length) {
    if (i < old.length && j < young.length && old[i] === young[j]) {
      add("same", old[i++]);
      j++;
    } else if (j === young.length || (i < old.length && common[i + 1][j] >= common[i][j + 1])) add("del", old[i++]);
    else add("ins", young[j++]);
  }
  return runs;
}

/** `[i][j]`: the length of the longest common subsequence of what follows place i in one and j in the other. */
function lengths(old, young) {
  const table = Array.from({ length: old.length + 1 }, () => new Uint16Array(young.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = young.length - 1; j >= 0; j--) {
      table[i][j] = old[i] === young[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  return table;
}
