// @segment/analytics-node, unmodified.
import { Analytics } from "@segment/analytics-node";
import { story } from "./story.mjs";

const [url, writeKey] = process.argv.slice(2);
const sdk = new Analytics({ writeKey, host: url, flushAt: 3 });
sdk.on("error", (error) => { console.error(error); process.exit(1); });
await story((kind, call) => new Promise((done, failed) => sdk[kind](call, (error) => (error ? failed(error) : done()))));
await sdk.closeAndFlush();
