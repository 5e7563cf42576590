/** Before the first device: what will be here, and how to make it come. */
export function Empty() {
  return (
    <section class="empty" aria-labelledby="empty-title">
      <svg viewBox="0 0 320 96" aria-hidden="true">
        <path class="wave" d="M4 48c6-30 10-30 16 0s10 30 16 0 10-44 16 0 10 44 16 0 10-22 16 0" />
        <path class="arrow" d="M100 48h28" />
        <rect x="140" y="20" width="56" height="56" rx="10" />
        <path class="pins" d="M154 20v-8M168 20v-8M182 20v-8M154 84v-8M168 84v-8M182 84v-8" />
        <circle class="core" cx="168" cy="48" r="9" />
        <path class="arrow thin" d="M208 48h44" />
        <circle class="event" cx="272" cy="48" r="6" />
      </svg>
      <h2 id="empty-title">No device has spoken yet</h2>
      <p>
        Devices sense and decide by themselves and send only events. Each appears here with its first message;
        there is nothing to set up on this page.
      </p>
      <ol>
        <li>
          <span>Start two emulated devices, a speaker and a motor guard:</span>
          <code>./ganglion demo --keep-running</code>
        </li>
        <li>
          <span>Follow their events in a terminal too:</span>
          <code>./ganglion events --follow</code>
        </li>
        <li>
          <span>Then watch how much they sense, and how little they send.</span>
        </li>
      </ol>
    </section>
  );
}
