/** An OpenID provider on loopback: `node provider.mjs ADDRESS_OF_READOUT`; prints its address. */

import { createServer } from "node:http";
import Provider from "oidc-provider";

const [readout] = process.argv.slice(2);
const server = createServer();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const issuer = `http://127.0.0.1:${server.address().port}`;

const GROUPS = { gray: ["radiology-attending"], reed: ["radiology-resident"], nobody: [] };

const provider = new Provider(issuer, {
  clients: [{
    client_id: "readout",
    client_secret: "a secret of the tests, 32 letters",
    redirect_uris: [`${readout}/login/back`],
    post_logout_redirect_uris: [`${readout}/sign-in`],
    backchannel_logout_uri: `${readout}/login/ended`,
    backchannel_logout_session_required: true,
  }],
  claims: { openid: ["sub"], profile: ["family_name", "given_name", "groups", "fhirUser"] },
  conformIdTokenClaims: false,
  features: {
    devInteractions: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    backchannelLogout: { enabled: true },
  },
  pkce: { required: () => true, methods: ["S256"] },
  cookies: { keys: ["of the tests"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      family_name: id[0].toUpperCase() + id.slice(1),
      given_name: "Ada",
      fhirUser: `Practitioner/${id}-1001`,
      groups: GROUPS[id] ?? [],
    }),
  }),
});
server.on("request", provider.callback());
console.log(JSON.stringify({ issuer }));
