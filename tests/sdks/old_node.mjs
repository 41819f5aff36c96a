// The old analytics-node, unmodified.
import Analytics from "analytics-node";
import { story } from "./story.mjs";

const [url, writeKey] = process.argv.slice(2);
const sdk = new Analytics(writeKey, { host: url, flushAt: 1 });
await story((kind, call) => new Promise((done, failed) => sdk[kind](call, (error) => (error ? failed(error) : done()))));
await sdk.flush();
