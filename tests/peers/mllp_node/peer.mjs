// node-hl7-client and node-hl7-server as one process of its own.
// peer.mjs server OPTIONS: answers AA and prints a JSON line a message.
// peer.mjs client OPTIONS: sends OPTIONS.messages one after the other, prints a JSON line an answer.
// OPTIONS is JSON: {port, tls?: {ca?, cert?, key?}, messages?: [text]}; certificates are file names.
import { readFileSync } from "node:fs";
import { Client, Message } from "node-hl7-client";
import { Server } from "node-hl7-server";

const [, , role, text] = process.argv;
const options = JSON.parse(text);
const say = (object) => process.stdout.write(JSON.stringify(object) + "\n");
const files = (tls) =>
  Object.fromEntries(Object.entries(tls).map(([name, path]) => [name, readFileSync(path)]));
const get = (message, path) => message.get(path).toString();

if (role === "server") {
  const tls = options.tls && { ...files(options.tls), requestCert: true, rejectUnauthorized: true };
  const server = new Server({ bindAddress: "127.0.0.1", ...(tls ? { tls } : {}) });
  const inbound = server.createInbound({ port: options.port }, async (req, res) => {
    const message = req.getMessage();
    say({
      control_id: get(message, "MSH.10"),
      type: `${get(message, "MSH.9.1")}^${get(message, "MSH.9.2")}`,
      accession: get(message, "OBR.18"),
      family: get(message, "PID.5.1"),
    });
    await res.sendResponse("AA");
  });
  inbound.on("listen", () => say({ ready: true }));
  inbound.on("error", (error) => say({ error: String(error) }));
} else {
  const tls = options.tls && { ...files(options.tls), servername: "localhost" };
  const client = new Client({ host: "127.0.0.1", ...(tls ? { tls } : {}) });
  let answered = () => {};
  const connection = client.createConnection({ port: options.port }, async (res) => {
    const message = res.getMessage();
    say({ code: get(message, "MSA.1"), control_id: get(message, "MSA.2") });
    answered();
  });
  connection.on("client.error", (error) => say({ error: String(error) }));
  for (const body of options.messages) {
    const done = new Promise((resolve) => (answered = resolve));
    await connection.sendMessage(new Message({ text: body }));
    await done;
  }
  await connection.close();
  client.closeAll();
  process.exit(0);
}
