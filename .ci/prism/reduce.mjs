// Makes launchdarkly-openapi.json, which Prism serves as LaunchDarkly's REST API in tests, from the published file:
//
//   node .ci/prism/reduce.mjs PUBLISHED.json > .ci/prism/launchdarkly-openapi.json
//
// Source: the OpenAPI file in github.com/launchdarkly/ldcli 3.10.0, Apache 2.0 (LaunchDarkly serves the same at
// https://app.launchdarkly.com/api/v2/openapi.json). Kept: what gonogo calls, and what that refers to. Changed in one
// place: the file describes the body of PATCH only as a JSON patch with a comment, though the same operation documents
// semantic patches; so Prism would refuse each of them. Here it takes either.
import { readFileSync } from 'node:fs';

const FLAG = '/api/v2/flags/{projectKey}/{featureFlagKey}';
const KEPT = { [FLAG]: ['get', 'patch'], '/api/v2/auditlog': ['get'] };

const published = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const paths = {};
for (const [path, methods] of Object.entries(KEPT)) {
  paths[path] = {};
  for (const method of methods) {
    const operation = published.paths[path]?.[method];
    if (!operation) throw new Error(`the published file has no ${method} ${path}`);
    paths[path][method] = operation;
  }
}

paths[FLAG].patch.requestBody = {
  required: true,
  content: {
    'application/json': {
      schema: { oneOf: [{ $ref: '#/components/schemas/PatchWithComment' }, { $ref: '#/components/schemas/SemanticPatch' }] },
    },
  },
};
const semanticPatch = {
  type: 'object',
  description: 'As the operation describes it: https://launchdarkly.com/docs/api#updates-using-semantic-patch',
  required: ['environmentKey', 'instructions'],
  properties: {
    environmentKey: { type: 'string' },
    comment: { type: 'string' },
    ignoreConflicts: { type: 'boolean' },
    instructions: {
      type: 'array',
      minItems: 1,
      items: { type: 'object', required: ['kind'], properties: { kind: { type: 'string' } } },
    },
  },
  additionalProperties: false,
};

// What is referred to, and what that refers to.
const components = {};
const visit = (node) => {
  if (Array.isArray(node)) return node.forEach(visit);
  if (node === null || typeof node !== 'object') return;
  const found = /^#\/components\/([^/]+)\/(.+)$/.exec(node.$ref ?? '');
  if (found) {
    const [, kind, name] = found;
    components[kind] ??= {};
    if (!components[kind][name]) {
      components[kind][name] = name === 'SemanticPatch' ? semanticPatch : published.components[kind][name];
      visit(components[kind][name]);
    }
  }
  Object.values(node).forEach(visit);
};
visit(paths);
components.securitySchemes = published.components.securitySchemes;

// Prose is most of the file, and nothing reads it.
const withoutProse = (key, value) =>
  key === 'description' && typeof value === 'string' && value.length > 200 ? `${value.slice(0, 197)}...` : value;
const reduced = {
  openapi: published.openapi,
  info: {
    title: `${published.info.title}, the part that gonogo uses`,
    version: published.info.version,
    license: published.info.license,
    description: 'Made by reduce.mjs beside it, which names the source and the one change.',
  },
  servers: published.servers,
  security: published.security,
  paths,
  components,
};
console.log(JSON.stringify(reduced, withoutProse, 1));
