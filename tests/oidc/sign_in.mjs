// The browser's part of signing in: follows redirects between a gateway and oidc-provider with a jar of cookies.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import Provider from "oidc-provider";

const work = process.env.WORK;
fs.mkdirSync(work, { recursive: true });
const accounts = {
  ann: { email: "ann@example.com", email_verified: true, name: "Ann", roles: ["editor", "owner"] },
  eve: { email: "ann@example.com", email_verified: false, name: "Eve", roles: [] },
};

function key(algorithm) {
  const made = {
    RS256: () => crypto.generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ES256: () => crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }),
    EdDSA: () => crypto.generateKeyPairSync("ed25519"),
  }[algorithm]();
  return { ...made.privateKey.export({ format: "jwk" }), alg: algorithm, use: "sig", kid: algorithm };
}
const keys = ["RS256", "ES256", "EdDSA"].map(key);

const listen = (server) => new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port)));
const freePort = async () => {
  const server = http.createServer();
  const port = await listen(server);
  await new Promise((done) => server.close(done));
  return port;
};

async function startProvider(algorithm, callback) {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "datamigrate", client_secret: "a secret & more", redirect_uris: [callback],
                id_token_signed_response_alg: algorithm }],
    jwks: { keys },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "roles"] },
    conformIdTokenClaims: false,
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256", "EdDSA"] },
    pkce: { required: () => true, methods: ["S256"] },
    cookies: { keys: ["cookie key"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts[id] }) }),
  });
  const server = await new Promise((done) => { const made = provider.listen(port, "127.0.0.1", () => done(made)); });
  return { issuer, stop: () => { server.closeAllConnections(); server.close(); } };
}

async function startGateway(issuer, port, more = []) {
  const secret = path.join(work, "client_secret");
  fs.writeFileSync(secret, "a secret & more\n", { mode: 0o600 });
  const portFile = path.join(work, `port-${port}`);
  fs.rmSync(portFile, { force: true });
  const child = spawn(process.env.GATEWAY, [
    "--listen", `127.0.0.1:${port}`, "--port-file", portFile, "--home", path.join(work, "home"), "--engine", "127.0.0.1:1",
    "--database-url", process.env.DATABASE_URL, "--oidc-issuer", issuer, "--oidc-client-id", "datamigrate",
    "--oidc-client-secret-file", secret, "--public-url", `http://127.0.0.1:${port}`, "--credential-rate-limit", "100000",
    "--log-file", path.join(work, "log"), ...more,
  ], { stdio: ["ignore", "inherit", "inherit"] });
  const ended = new Promise((done) => child.once("exit", done));
  for (const until = Date.now() + 30000; !fs.existsSync(portFile);) {
    assert(Date.now() < until && child.exitCode === null, "the gateway did not start");
    await new Promise((done) => setTimeout(done, 20));
  }
  return { url: `http://127.0.0.1:${port}`, stop: async () => { child.kill("SIGTERM"); await ended; } };
}

// Cookies by host and port, as two browsers' profiles would have them.
class Browser {
  jars = {};
  async ask(url, options = {}) {
    const jar = (this.jars[new URL(url).host] ??= {});
    const cookie = Object.entries(jar).map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { redirect: "manual", ...options, headers: { cookie, ...options.headers } });
    for (const set of answer.headers.getSetCookie()) {
      const [pair] = set.split(";");
      const equals = pair.indexOf("=");
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(set)) delete jar[pair.slice(0, equals)];
      else jar[pair.slice(0, equals)] = pair.slice(equals + 1);
    }
    return answer;
  }
  // Follows redirects and fills in the provider's pages until the gateway's callback answers.
  async signIn(gateway, who) {
    let url = `${gateway}/api/v1/auth/oidc/start`;
    let answer = await this.ask(url);
    for (let step = 0; step < 20; ++step) {
      if (url.startsWith(`${gateway}/api/v1/auth/oidc/callback`)) return { answer, url };
      if (answer.status >= 300 && answer.status < 400) {
        url = new URL(answer.headers.get("location"), url).href;
        answer = await this.ask(url);
        continue;
      }
      const page = await answer.text();
      const action = page.match(/action="([^"]+)"/);
      assert(answer.status === 200 && action, `unexpected page at ${url}: ${answer.status} ${page.slice(0, 300)}`);
      const prompt = page.match(/name="prompt" value="([^"]+)"/)[1];
      url = new URL(action[1], url).href;
      answer = await this.ask(url, {
        method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ prompt, login: who, password: "any" }),
      });
    }
    throw new Error("too many redirects");
  }
}

async function scenario(algorithm) {
  // Each provider has an issuer of its own, so its subjects are other people with other addresses.
  accounts.ann.email = accounts.eve.email = `ann-${algorithm.toLowerCase()}@example.com`;
  const port = await freePort();
  const provider = await startProvider(algorithm, `http://127.0.0.1:${port}/api/v1/auth/oidc/callback`);
  const gateway = await startGateway(provider.issuer, port);
  try {
    const browser = new Browser();
    const { answer, url } = await browser.signIn(gateway.url, "ann");
    assert.equal(answer.status, 302, await answer.clone().text());
    assert.equal(answer.headers.get("location"), "/");
    const me = await (await browser.ask(`${gateway.url}/api/v1/auth/me`)).json();
    assert.equal(me.email, accounts.ann.email);

    // The code and the state are good once, in this browser alone.
    assert.equal((await browser.ask(url)).status, 401);
    assert.equal((await new Browser().ask(url)).status, 401);
    const other = new Browser();
    await other.ask(`${gateway.url}/api/v1/auth/oidc/start`);
    assert.equal((await other.ask(url)).status, 401, "another attempt's state");

    // The same person again is the same user; an address that the provider has not verified is nobody's.
    const again = new Browser();
    assert.equal((await again.signIn(gateway.url, "ann")).answer.status, 302);
    assert.equal((await (await again.ask(`${gateway.url}/api/v1/auth/me`)).json()).id, me.id);
    assert.equal((await new Browser().signIn(gateway.url, "eve")).answer.status, 403);

    // A cookie session like any other: changes need the CSRF token.
    const csrf = browser.jars[new URL(gateway.url).host]["__Host-datamigrate-csrf"];
    const create = (headers) => browser.ask(`${gateway.url}/api/v1/orgs`, {
      method: "POST", headers: { "content-type": "application/json", ...headers }, body: '{"name":"mine"}' });
    assert.equal((await create({})).status, 403);
    assert.equal((await create({ "x-csrf-token": csrf })).status, 201);
    console.log(`${algorithm}: signed in`);
    return { me };
  } finally {
    await gateway.stop();
    provider.stop();
  }
}

// Roles come from claims where the provider's users share an organization; owners are not made by claims.
async function roles(organization) {
  const port = await freePort();
  const provider = await startProvider("RS256", `http://127.0.0.1:${port}/api/v1/auth/oidc/callback`);
  const gateway = await startGateway(provider.issuer, port, ["--oidc-organization", organization]);
  try {
    accounts.bob = { email: "bob@example.com", email_verified: true, name: "Bob", roles: ["owner", "auditor", "editor"] };
    const browser = new Browser();
    const role = async () => {
      assert.equal((await browser.signIn(gateway.url, "bob")).answer.status, 302);
      const me = await (await browser.ask(`${gateway.url}/api/v1/auth/me`)).json();
      assert.equal(me.organization_id, organization);
      return me.role;
    };
    assert.equal(await role(), "editor");
    accounts.bob.roles = [];
    assert.equal(await role(), "viewer");
    console.log("roles: from claims");
  } finally {
    await gateway.stop();
    provider.stop();
  }
}

const { me } = await scenario("RS256");
await roles(me.organization_id);
await scenario("ES256");
await scenario("EdDSA");

// A provider that is away is said so, and nothing hangs.
const port = await freePort();
const gateway = await startGateway("http://127.0.0.1:1", port);
const away = await fetch(`${gateway.url}/api/v1/auth/oidc/start`, { redirect: "manual" });
assert.equal(away.status, 503);
await gateway.stop();
console.log("a provider that is away: 503");
