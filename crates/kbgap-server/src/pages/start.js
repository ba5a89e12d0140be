// Shows the document, with this server under the address by which the page was reached:
// another public name of it would be another origin, to which the page may not talk.
"use strict";

const path = location.pathname;
const base = location.origin + path.slice(0, path.toLowerCase().lastIndexOf("/api"));

function show(spec) {
  spec.servers = [{ url: base }];
  const flow = spec.components.securitySchemes.application.flows.clientCredentials;
  flow.tokenUrl = base + new URL(flow.tokenUrl).pathname.replace(/^.*(?=\/organizations\/)/, "");
  const ui = SwaggerUIBundle({
    spec,
    dom_id: "#ui",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    // Tokens and secrets are gone when the page is.
    persistAuthorization: false,
    tryItOutEnabled: true,
    // Asks nobody else what the document is worth.
    validatorUrl: null,
  });
  ui.initOAuth({ scopes: Object.keys(flow.scopes).join(" ") });
}

fetch("openapi.json")
  .then((answer) => answer.json())
  .then(show)
  .catch((error) => {
    document.getElementById("ui").textContent = `The document cannot be shown: ${error}`;
  });
