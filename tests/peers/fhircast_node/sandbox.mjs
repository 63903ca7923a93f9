// A hub with the quirks of the public sandbox (github.com/fhircast/sandbox.js, commit a2b59ee), which no
// registry carries: written after what that program does, line by line, and nothing of it copied.
//   - the confirmation has no hub.topic and no hub.events, but `bound`; the lease is always 7200 s
//   - an event is published to {hub}/{topic}; a JSON POST to {hub} itself ends the process
//   - GET {hub}/{topic} answers the bare array of the last event's context, {} after a close, nothing
//     before the first event
//   - no versions, no acknowledgements, no SyncError, no order; a heartbeat without context
import express from 'express';
import expressWs from 'express-ws';

const app = express();
expressWs(app);
app.use(express.json());
app.use(express.urlencoded({ extended: true }));

let subscriptions = [];
const last = {};
const say = (what) => console.log(JSON.stringify(what));

app.post('/api/hub', (request, response) => {
  const form = request.body;
  const word = Math.random().toString(36).substring(2, 16);
  const endpoint = `ws://${request.headers.host}/bind/${word}`;
  if (form['hub.channel.type'] !== 'websocket') {
    process.exit(1); // the sandbox asks the callback of a webhook here, and ends when there is none
  }
  if (form['hub.mode'] === 'subscribe') {
    const [topic, events] = [form['hub.topic'], form['hub.events'].toLowerCase()];
    subscriptions.push({ word, endpoint, topic, events, lease: form['hub.lease'] });
  } else {
    const left = subscriptions.find((each) => each.endpoint === form['hub.channel.endpoint']);
    left?.socket?.close();
    subscriptions = subscriptions.filter((each) => each !== left);
  }
  say({ what: form['hub.mode'], form });
  response.status(202).send({ 'hub.channel.endpoint': endpoint });
});

app.post('/api/hub/:topic', (request, response) => {
  response.sendStatus(200);
  say({ what: 'event', event: request.body });
  broadcast(request.body);
});

app.get('/api/hub/:topic', (request, response) => {
  const context = last[request.params.topic];
  if (context === undefined) {
    response.status(200).end();
  } else {
    response.status(200).send(context);
  }
});

app.ws('/bind/:word', (socket, request) => {
  const subscription = subscriptions.find((each) => each.word === request.params.word);
  if (subscription && !subscription.socket) {
    subscription.socket = socket;
    socket.send(JSON.stringify({
      timestamp: new Date().toJSON(), bound: subscription.word, 'hub.mode': 'subscribe', 'hub.lease_seconds': 7200,
    }));
  }
  socket.on('message', (text) => {
    say({ what: 'frame', frame: JSON.parse(text) });
    try {
      broadcast(JSON.parse(text));
    } catch {
      // not an event
    }
  });
});

function broadcast(notification) {
  const { 'hub.topic': topic, 'hub.event': name, context } = notification.event;
  last[topic] = name.toLowerCase().includes('close') ? {} : context;
  for (const each of subscriptions) {
    if (each.topic === topic && each.events.includes(name.toLowerCase()) && each.socket?.readyState === 1) {
      each.socket.send(JSON.stringify(notification));
    }
  }
}

setInterval(() => {
  for (const { socket, topic } of subscriptions) {
    const event = { 'hub.topic': topic, 'hub.event': 'heartbeat' };
    socket?.send(JSON.stringify({ timestamp: new Date().toISOString(), id: 'JS SANDBOX', event }));
  }
}, Number(process.argv[2] ?? 15000));

const server = app.listen(0, '127.0.0.1', () => say({ what: 'ready', port: server.address().port }));
