import { useState } from "preact/hooks";

/** Finds devices by a part of their name; where all are on the page it is not needed. */
export function DeviceSearch({ search, on_search }: { search: string; on_search: (search: string) => void }) {
  const [text, set_text] = useState(search);
  return (
    <form
      class="search"
      onSubmit={(event) => {
        event.preventDefault();
        on_search(text.trim());
      }}
    >
      <label>
        with <input type="search" value={text} onInput={(event) => set_text(event.currentTarget.value)} /> in
        their name
      </label>
      <button type="submit">Find</button>
    </form>
  );
}
