import type { Page } from "../pages.ts";
import { PAGES } from "../pages.ts";

const WORDS = {
  fleet: "Fleet",
  sites: "Sites",
  incidents: "Incidents",
  insight: "Insight",
  models: "Models",
  grid: "Grid",
};

/** The pages, and how many incidents wait. */
export function Nav({ page, open_incidents }: { page: Page; open_incidents: number }) {
  return (
    <nav class="pages" aria-label="Pages">
      {PAGES.map((name) => (
        <a key={name} href={`#/${name}`} aria-current={name === page ? "page" : undefined}>
          {WORDS[name]}
          {name === "incidents" && open_incidents > 0 && (
            <span class="badge">
              {open_incidents}
              <span class="unseen"> open</span>
            </span>
          )}
        </a>
      ))}
    </nav>
  );
}
