// Starts the OpenAPI viewer on this hub's own document; requests from it carry the form token of the session.

const place = document.getElementById("api-docs");

window.SwaggerUIBundle({
  url: place.dataset.openapi,
  domNode: place,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  requestInterceptor(request) {
    request.headers["X-CSRF-Token"] = place.dataset.csrfToken;
    return request;
  },
});
