// Forms with data-passkey ask the browser for a passkey before they are sent: "create" makes one,
// "get" shows one. The server's options come from data-options; the answer goes into "credential".
// Where the browser has no passkeys, what stands beside them as data-no-passkeys is shown instead.

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const described = (list) => (list ?? []).map((known) => ({ ...known, id: bytes(known.id) }));

function forBrowser(options) {
  const wanted = { ...options, challenge: bytes(options.challenge) };
  if (options.user) wanted.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) wanted.excludeCredentials = described(options.excludeCredentials);
  if (options.allowCredentials) wanted.allowCredentials = described(options.allowCredentials);
  return wanted;
}

function forServer(credential) {
  const answer = credential.response;
  const response = { clientDataJSON: text(answer.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (answer[name]) response[name] = text(answer[name]);
  }
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

async function ask(form) {
  const answer = await fetch(form.dataset.options, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The options were refused: ${answer.status}`);
  const publicKey = forBrowser((await answer.json()).publicKey);
  return form.dataset.passkey === "create"
    ? navigator.credentials.create({ publicKey })
    : navigator.credentials.get({ publicKey });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = !window.PublicKeyCredential;
  const otherwise = form.parentElement.querySelector("[data-no-passkeys]");
  if (otherwise) otherwise.hidden = !form.hidden;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const failed = form.querySelector("[data-passkey-failed]");
    failed.hidden = true;
    try {
      form.elements.credential.value = JSON.stringify(forServer(await ask(form)));
      form.submit();
    } catch {
      failed.hidden = false;
    }
  });
}
