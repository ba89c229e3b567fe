"use strict";

const form = document.getElementById("form");
const problem = document.getElementById("problem");

// Ask the API; what it answers, or an error that a visitor can read.
async function ask(method, path, body) {
  const request = { method };
  if (body) {
    request.headers = { "Content-Type": "application/json" };
    request.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await reach(`/api/${path}`, request);
  } catch {
    throw new Error("The frontend does not answer. Is the stack running?");
  }
  if (answer.ok) return answer.json();
  if (answer.status === 422) throw new Error("Please write a name and a message.");
  const said = await answer.json().catch(() => ({}));
  throw new Error(said.detail ?? "The backend does not answer. Please try again.");
}

// A read is asked once more when the connection breaks: browsers drop requests while networks come and go.
async function reach(address, request) {
  try {
    return await fetch(address, request);
  } catch (error) {
    if (request.method !== "GET") throw error;
    await new Promise((resume) => setTimeout(resume, 500));
    return fetch(address, request);
  }
}

// textContent, never innerHTML: what visitors write is text and nothing else.
function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function entry({ name, message, created_at }) {
  const time = element("time", new Date(created_at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }));
  time.dateTime = created_at;
  const by = document.createElement("footer");
  by.append(element("strong", name), time);
  const item = document.createElement("li");
  item.append(element("p", message), by);
  return item;
}

async function showEntries() {
  const { entries, served_from } = await ask("GET", "entries");
  document.getElementById("entries").replaceChildren(...entries.map(entry));
  document.getElementById("empty").hidden = entries.length > 0;
  const source = document.getElementById("source");
  source.textContent = served_from === "cache" ? "served from cache (Redis)" : "served from database (Postgres)";
  source.className = `source ${served_from}`;
}

async function countVisit() {
  const { visits } = await ask("POST", "visits");
  document.getElementById("visits").textContent = visits.toLocaleString();
}

// Run a task; if it fails, say why.
async function attempt(task) {
  problem.textContent = "";
  try {
    await task();
  } catch (error) {
    problem.textContent = error.message;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  attempt(async () => {
    const { name, message } = Object.fromEntries(new FormData(form));
    await ask("POST", "entries", { name, message });
    form.elements.message.value = "";
    await showEntries();
  }).finally(() => (button.disabled = false));
});

attempt(() => Promise.all([showEntries(), countVisit()]));
