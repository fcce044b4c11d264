/** The HTTP API. Every call answers with the body or throws a Problem. */

import { say, settings } from "./page.js";

const PATIENCE = 20000; // Milliseconds that a call may take; an upload takes its time.

/** What the server (or the network) refused; `detail` is a sentence for the person. */
export class Problem extends Error {
  constructor({ status = 0, code = "network", detail, errors = [] }) {
    super(code);
    Object.assign(this, { status, code, detail: detail || say("error.server"), errors });
  }

  /** Whether what was asked for is not there, or not this person's. */
  get gone() {
    return [401, 403, 404].includes(this.status);
  }
}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);
export const patch = (path, body) => call("PATCH", path, body);
export const remove = (path) => call("DELETE", path);

/** A key under which the server makes one résumé, however often the request is sent. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Sends a form; `onProgress` hears the share sent, 0–1. fetch cannot tell of an upload's progress. */
export function send(method, path, form, { key, onProgress = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, settings.api + path);
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    if (key) request.setRequestHeader("Idempotency-Key", key);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = () => reject(lost());
    request.onload = () => {
      const body = parse(request.responseText);
      if (request.status < 300) resolve(body);
      else reject(new Problem({ ...body, status: request.status }));
    };
    request.send(form);
  });
}

async function call(method, path, body) {
  const patience = new AbortController();
  const options = { method, headers: headers(), signal: patience.signal };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  let answer;
  let text;
  try {
    answer = await fetch(settings.api + path, options);
    text = await answer.text();
  } catch {
    throw lost();
  } finally {
    clearTimeout(timer);
  }
  const data = parse(text);
  if (!answer.ok) throw new Problem({ ...data, status: answer.status });
  return data;
}

function headers() {
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  return {
    Accept: "application/json",
    "Accept-Language": document.documentElement.lang,
    ...(token && { "X-CSRFToken": token[1] }),
  };
}

function lost() {
  return new Problem({ detail: say("error.network") });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {}; // An error page of a proxy, or an empty answer.
  }
}
