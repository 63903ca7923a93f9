// Medplum's FHIRcast client, told what to do by one JSON object a line; says what happens the same way.
import { createInterface } from 'node:readline';
import WebSocket from 'ws';

globalThis.WebSocket = WebSocket; // the client wants that of a browser, as it is loaded
const { MedplumClient } = await import('@medplum/core');

const [hubUrl, token] = process.argv.slice(2);
const medplum = new MedplumClient({ baseUrl: 'http://127.0.0.1/', fhircastHubUrl: hubUrl });
if (token) {
  medplum.setAccessToken(token);
}
let request, connection;
const say = (what) => console.log(JSON.stringify(what));

const actions = {
  async subscribe({ topic, events }) {
    request = await medplum.fhircastSubscribe(topic, events);
    connection = medplum.fhircastConnect(request);
    connection.addEventListener('connect', () => say({ what: 'connected' }));
    connection.addEventListener('message', ({ payload }) => say({ what: 'message', payload }));
    connection.addEventListener('disconnect', () => say({ what: 'disconnected' }));
    return {};
  },
  async publish({ topic, event, context, version }) {
    await medplum.fhircastPublish(topic, event, context, version);
    return {};
  },
  async context({ topic }) {
    return { context: await medplum.fhircastGetContext(topic) };
  },
  async unsubscribe() {
    await medplum.fhircastUnsubscribe(request);
    return {};
  },
};

say({ what: 'ready' });
for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line);
  try {
    say({ what: 'done', action: told.do, ...(await actions[told.do](told)) });
  } catch (error) {
    say({ what: 'failed', action: told.do, why: String(error) });
  }
}
connection?.disconnect();
process.exit(0);
