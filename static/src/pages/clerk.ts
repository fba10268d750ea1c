// Signing in with Clerk: its script shows the form; once there is a session its
// token goes to /auth/session, which answers with a session of our own.

interface ClerkSession {
  getToken(): Promise<string | null>;
}

interface ClerkScript {
  load(): Promise<void>;
  session: ClerkSession | null | undefined;
  signOut(): Promise<void>;
  mountSignIn(el: HTMLElement): void;
  mountSignUp(el: HTMLElement): void;
  addListener(fn: (state: { session?: ClerkSession | null }) => void): void;
}

declare global {
  interface Window {
    Clerk?: ClerkScript;
  }
}

let handing = false;

async function handOver(host: HTMLElement, session: ClerkSession) {
  if (handing) return;
  handing = true;
  const token = await session.getToken();
  if (!token) {
    handing = false;
    return;
  }
  const form = document.createElement('form');
  form.method = 'post';
  form.action = '/auth/session';
  for (const [name, value] of [['token', token], ['next', host.dataset.next ?? '']] as const) {
    const input = document.createElement('input');
    input.type = 'hidden';
    input.name = name;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}

async function mount(host: HTMLElement) {
  const clerk = window.Clerk;
  if (!clerk) throw new Error('the script of Clerk is missing');
  await clerk.load();
  if (new URLSearchParams(location.search).has('signed-out')) await clerk.signOut();
  host.textContent = '';
  host.removeAttribute('aria-busy');
  clerk.addListener(({ session }) => {
    if (session) void handOver(host, session);
  });
  if (clerk.session) return handOver(host, clerk.session);
  if (host.dataset.clerk === 'sign-up') clerk.mountSignUp(host);
  else clerk.mountSignIn(host);
}

/** startClerk shows Clerk's form where the page asks for it. */
export function startClerk() {
  const host = document.querySelector<HTMLElement>('#clerk[data-clerk]');
  if (!host) return;
  const begin = () =>
    mount(host).catch(() => {
      host.removeAttribute('aria-busy');
      host.textContent = 'The sign-in form could not be loaded. Check the connection and load the page again.';
    });
  if (window.Clerk || document.readyState === 'complete') void begin();
  else addEventListener('load', () => void begin(), { once: true });
}
