// Builds the page into dist/ (index.html, app.js, app.css, icon.svg), or with --tests the unit tests.
import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL(".", import.meta.url));
process.chdir(root);

const common = {
  bundle: true,
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
  format: "esm",
};

if (process.argv.includes("--tests")) {
  const outdir = "node_modules/.tests";
  await rm(outdir, { recursive: true, force: true });
  const tests = (await readdir("src")).filter((name) => name.endsWith("_test.ts"));
  await build({
    ...common,
    entryPoints: tests.map((name) => `src/${name}`),
    outdir,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    target: "node18",
  });
} else {
  await rm("dist", { recursive: true, force: true });
  await mkdir("dist");
  await build({
    ...common,
    entryPoints: { app: "src/main.tsx" },
    outdir: "dist",
    minify: true,
    platform: "browser",
    target: ["chrome109", "firefox115", "safari16"],
    define: { "process.env.NODE_ENV": '"production"' },
  });
  await copyFile("src/index.html", "dist/index.html");
  await copyFile("src/icon.svg", "dist/icon.svg");
}
