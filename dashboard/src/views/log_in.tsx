import { useState } from "preact/hooks";

interface LogInProps {
  refused: string;
  on_log_in: (name: string, password: string) => Promise<void>;
}

/** Shown instead of the fleet while the server does not know who looks. */
export function LogIn({ refused, on_log_in }: LogInProps) {
  const [busy, set_busy] = useState(false);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    set_busy(true);
    await on_log_in(String(form.get("name")), String(form.get("password")));
    set_busy(false);
  }

  return (
    <form class="log-in" onSubmit={submit} aria-labelledby="log-in-title">
      <h2 id="log-in-title">Log in to this fleet</h2>
      {refused !== "" && (
        <p class="refused" role="alert">
          {refused}
        </p>
      )}
      <label>
        Name
        <input name="name" autocomplete="username" autocapitalize="none" required />
      </label>
      <label>
        Password
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      <button type="submit" disabled={busy}>
        {busy ? "Checking…" : "Log in"}
      </button>
    </form>
  );
}
