// @rudderstack/rudder-sdk-node, unmodified: gzip by default.
import rudder from "@rudderstack/rudder-sdk-node";
import { story } from "./story.mjs";

const [url, writeKey] = process.argv.slice(2);
const sdk = new (rudder.default ?? rudder)(writeKey, { dataPlaneUrl: url, flushAt: 1 });
await story((kind, call) => new Promise((done, failed) => sdk[kind](call, (error) => (error ? failed(error) : done()))));
await sdk.flush();
process.exit(0);
