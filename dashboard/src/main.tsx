import { render } from "preact";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/overview.css";
import "./styles/devices.css";
import "./styles/events.css";
import "./styles/empty.css";
import "./styles/log_in.css";
import "./styles/rollouts.css";
import "./styles/pages.css";
import "./styles/sites.css";
import "./styles/grid.css";
import "./styles/phone.css";
import { App } from "./views/app.tsx";

const root = document.getElementById("app");
if (root === null) throw new Error("index.html has no #app");
render(<App />, root);
