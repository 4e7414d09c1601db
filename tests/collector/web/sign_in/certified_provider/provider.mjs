// An OpenID Provider, certified as such, with one client and its own pages to sign in.
// Arguments: client id, client secret, address of return, JSON of the claims of each account.
import { Provider } from "oidc-provider";
import { createServer } from "node:http";

const [clientId, clientSecret, returnUrl, accounts] = process.argv.slice(2);
const claimsOf = JSON.parse(accounts);

const server = createServer();
server.listen(0, "127.0.0.1", () => {
    const issuer = `http://127.0.0.1:${server.address().port}`;
    const provider = new Provider(issuer, {
        clients: [{
            client_id: clientId,
            client_secret: clientSecret,
            redirect_uris: [returnUrl],
            response_types: ["code"],
            grant_types: ["authorization_code"],
        }],
        claims: { openid: ["sub"], profile: ["preferred_username", "name", "groups"] },
        // The claims stand in the ID token itself, as most products do it.
        conformIdTokenClaims: false,
        pkce: { required: () => true },
        features: { devInteractions: { enabled: true } },
        async findAccount(_context, id) {
            if (!(id in claimsOf)) return undefined;
            return { accountId: id, claims: async () => ({ sub: id, ...claimsOf[id] }) };
        },
    });
    server.on("request", provider.callback());
    console.log(`issuer ${issuer}`);
});
