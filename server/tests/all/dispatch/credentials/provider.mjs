// An OpenID provider that issues one refresh token and counts how often it is used.
//
// Prints one line of JSON: its address, a client, a refresh token, and where the count is. A refresh token is good for one
// exchange; using it a second time revokes the whole grant, as RFC 9700 section 4.14.2 advises.
import { createServer } from "node:http";
import { once } from "node:events";
import Provider from "oidc-provider";

const server = createServer();
server.listen(0, "127.0.0.1");
await once(server, "listening");
const issuer = `http://127.0.0.1:${server.address().port}`;

const client = {
  client_id: "meshline",
  client_secret: "client-secret-of-the-test",
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  redirect_uris: ["https://meshline.example/callback"],
};
const provider = new Provider(issuer, {
  clients: [client],
  scopes: ["openid", "offline_access"],
  rotateRefreshToken: true,
  ttl: { AccessToken: 3600, RefreshToken: 86400, Grant: 86400 },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
const counts = { granted: 0, refused: 0 };
provider.on("grant.success", () => (counts.granted += 1));
provider.on("grant.error", () => (counts.refused += 1));

const grant = new provider.Grant({ accountId: "sales", clientId: client.client_id });
grant.addOIDCScope("openid offline_access");
const grantId = await grant.save();
const refreshToken = await new provider.RefreshToken({
  client: await provider.Client.find(client.client_id),
  accountId: "sales",
  grantId,
  scope: "openid offline_access",
  gty: "authorization_code",
}).save();

const answer = provider.callback();
server.on("request", (request, response) => {
  if (request.url === "/counts") {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(counts));
  } else {
    answer(request, response);
  }
});
console.log(
  JSON.stringify({
    token_url: `${issuer}/token`,
    counts_url: `${issuer}/counts`,
    me_url: `${issuer}/me`,
    client_id: client.client_id,
    client_secret: client.client_secret,
    refresh_token: refreshToken,
  }),
);
// Exits with the process that started it.
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
