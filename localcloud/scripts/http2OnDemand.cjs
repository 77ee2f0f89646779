// In the place of node:http2 in bundles: loaded when somebody uses it.
module.exports = new Proxy({}, { get: (_, name) => process.getBuiltinModule("node:http2")[name] });
