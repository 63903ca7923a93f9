// Rest-hook Subscriptions: by criteria (R4), and by topic (backport) with handshake, event numbers and
// the payload that is asked for. A subscriber that cannot be reached hears nothing of that event.
const extension = (element, name) => element?.extension?.find((each) => each.url.endsWith(name));

export class Subscribers {
  muted = false;
  #events = new Map();

  constructor(router, repository) {
    this.router = router;
    this.repository = repository;
  }

  /** What was written: a resource, or the Bundle of a transaction. */
  async changed(resource) {
    if (resource?.resourceType === 'Bundle') {
      for (const entry of resource.entry ?? []) await this.#read(entry.response?.location);
    } else if (resource?.resourceType === 'Subscription') {
      await this.#begin(resource);
    } else if (resource) {
      await this.#tell(resource);
    }
  }

  async #read(location) {
    const [type, id] = (location ?? '').split('/').slice(-2);
    if (type === 'ServiceRequest') await this.#tell(await this.repository.readResource(type, id));
  }

  async #begin(subscription) {
    if (subscription.status !== 'requested') return;
    const topic = extension(subscription.channel._payload, 'backport-payload-content');
    if (topic && !(await this.#send(subscription, this.#bundle(subscription, 'handshake')))) return;
    await this.repository.updateResource({ ...subscription, status: 'active' });
  }

  async #tell(resource) {
    for (const each of await this.#active()) {
      const filters = (each._criteria?.extension ?? []).map((one) => one.valueString);
      const criteria = each.criteria.startsWith('http') ? filters : [each.criteria];
      if (await this.#matches(resource, criteria)) await this.#notify(each, resource);
    }
  }

  async #active() {
    return this.repository.searchResources({ resourceType: 'Subscription', filters: [{ code: 'status', operator: 'eq', value: 'active' }] });
  }

  async #matches(resource, criteria) {
    for (const each of criteria.length ? criteria : ['ServiceRequest?']) {
      const [type, query] = each.split('?');
      if (type !== resource.resourceType) continue;
      const url = `/${type}?_id=${resource.id}${query ? `&${query}` : ''}`;
      const search = Object.fromEntries(new URL(url, 'http://peer').searchParams);
      const request = { method: 'GET', url, body: undefined, params: {}, query: search, headers: {} };
      const [, found] = await this.router.handleRequest(request, this.repository);
      if (found?.entry?.length) return true;
    }
    return false;
  }

  async #notify(subscription, resource) {
    const { channel } = subscription;
    const content = extension(channel._payload, 'backport-payload-content')?.valueCode;
    if (content) {
      this.#events.set(subscription.id, (this.#events.get(subscription.id) ?? 0) + 1);
      await this.#send(subscription, this.#bundle(subscription, 'event-notification', content, resource));
    } else {
      const place = channel.payload ? `/${resource.resourceType}/${resource.id}` : '';
      await this.#send(subscription, channel.payload && resource, place, place ? 'PUT' : 'POST');
    }
  }

  #bundle(subscription, kind, content, resource) {
    const count = String(this.#events.get(subscription.id) ?? 0);
    const focus = { reference: `ServiceRequest/${resource?.id}` };
    const parts = [{ name: 'event-number', valueString: count }];
    if (content && content !== 'empty') parts.push({ name: 'focus', valueReference: focus });
    const parameter = [
      { name: 'subscription', valueReference: { reference: `Subscription/${subscription.id}` } },
      { name: 'topic', valueCanonical: subscription.criteria },
      { name: 'status', valueCode: 'active' },
      { name: 'type', valueCode: kind },
      { name: 'events-since-subscription-start', valueString: count },
      ...(resource ? [{ name: 'notification-event', part: parts }] : []),
    ];
    const whole = content === 'full-resource' ? [{ fullUrl: `urn:uuid:${resource.id}`, resource }] : [];
    return { resourceType: 'Bundle', type: 'history', entry: [{ resource: { resourceType: 'Parameters', parameter } }, ...whole] };
  }

  async #send(subscription, body, place = '', method = 'POST') {
    if (this.muted) return false;
    const headers = { 'content-type': 'application/fhir+json' };
    for (const each of subscription.channel.header ?? []) {
      const [name, ...rest] = each.split(':');
      headers[name] = rest.join(':').trim();
    }
    try {
      const told = { method, headers, body: body ? JSON.stringify(body) : undefined };
      return (await fetch(subscription.channel.endpoint + place, told)).ok;
    } catch {
      return false;
    }
  }
}
