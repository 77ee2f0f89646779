// Where the engine begins when a program in another language uses the components. It starts us in the folder of that
// program and compiles with the tsconfig.json there, or with old defaults: neither fits, so our sources go their own way.
const { readFileSync } = require("node:fs");
const { sep } = require("node:path");
const { ModuleKind, ScriptTarget, transpileModule } = require("typescript");

const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, esModuleInterop: true };
const others = require.extensions[".ts"];

require.extensions[".ts"] = (module, path) => {
  if (!path.startsWith(__dirname + sep)) return others(module, path);
  const { outputText } = transpileModule(readFileSync(path, "utf8"), { compilerOptions, fileName: path });
  return module._compile(outputText, path);
};

module.exports = require("./plugin.ts");
