import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

const filesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => posix.join(folder, name));

const files = [...filesBelow("src"), ...filesBelow("adapters")];
const textOf = (file: string) => readFileSync(join(root, file), "utf8");

/** What a file imports or re-exports, types included: a file from the root, or a package's name. */
function importsOf(file: string): string[] {
  const { module, errors } = parseSync(file, textOf(file));
  expect(errors, file).toEqual([]);
  const requests = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap((entry) => entry.moduleRequest?.value ?? []),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) =>
      textOf(file).slice(moduleRequest.start, moduleRequest.end).slice(1, -1),
    ),
  ];
  return requests.map((request) =>
    request.startsWith(".") ? posix.join(dirname(file), request) : request,
  );
}

const core = ["src/tickets/", "src/desk/"];

/** Who may import whom, from the most particular folder on; only the files of src itself see all. */
const zones: { folder: string; files: string[]; packages: RegExp }[] = [
  { folder: "src/tickets/", files: ["src/tickets/"], packages: /^zod$/ },
  { folder: "src/desk/", files: core, packages: /^zod$|^node:/ },
  { folder: "src/store/lowdb/", files: [...core, "src/store/lowdb/"], packages: /./ },
  { folder: "src/store/postgres/", files: [...core, "src/store/postgres/"], packages: /./ },
  {
    folder: "src/attachments/",
    files: [...core, "src/attachments/"],
    packages: /^aws4fetch$|^node:/,
  },
  { folder: "src/http/", files: [...core, "src/http/"], packages: /./ },
  { folder: "adapters/discord/", files: [...core, "adapters/discord/"], packages: /./ },
  { folder: "adapters/slack/", files: [...core, "adapters/slack/"], packages: /./ },
  { folder: "adapters/ticket-api/", files: [...core, "adapters/ticket-api/"], packages: /./ },
];

/** Each SDK is known in one folder. */
const homes: Record<string, string> = {
  lowdb: "src/store/lowdb/",
  "fs-native-extensions": "src/store/lowdb/",
  minisearch: "src/store/lowdb/",
  pg: "src/store/postgres/",
  hono: "src/http/",
  "@hono/node-server": "src/http/",
  "prom-client": "src/http/",
  aws4fetch: "src/attachments/",
  undici: "adapters/ticket-api/",
  "discord.js": "adapters/discord/",
  "@slack/bolt": "adapters/slack/",
  "@slack/socket-mode": "adapters/slack/",
  "@slack/web-api": "adapters/slack/",
  yaml: "src/settings.ts",
};

const isPackage = (imported: string) => !/^(?:src|adapters)\//.test(imported);

describe("who may import whom", () => {
  test("every folder of code is in a zone", () => {
    const strays = files.filter(
      (file) => dirname(file) !== "src" && !zones.some(({ folder }) => file.startsWith(folder)),
    );
    expect(strays).toEqual([]);
  });

  test.each(zones)(
    "$folder imports what it may, and no more",
    ({ folder, files: mayImport, packages }) => {
      const own = files.filter((file) => file.startsWith(folder));
      expect(own).not.toEqual([]);
      for (const file of own) {
        const strays = importsOf(file).filter((imported) =>
          isPackage(imported)
            ? !packages.test(imported)
            : !mayImport.some((zone) => imported.startsWith(zone)),
        );
        expect(strays, file).toEqual([]);
      }
    },
  );

  test.each(Object.entries(homes))("%s is known in %s only", (name, home) => {
    const users = files.filter((file) =>
      importsOf(file).some((imported) => imported === name || imported.startsWith(`${name}/`)),
    );
    expect(users).not.toEqual([]);
    for (const user of users) expect(user.startsWith(home), user).toBe(true);
  });

  test("the core knows no platform by name", () => {
    for (const file of files.filter((file) => core.some((zone) => file.startsWith(zone))))
      expect(textOf(file), file).not.toMatch(/slack|discord/i);
  });

  test("only the configuration reads the environment", () => {
    expect(files.filter((file) => textOf(file).includes("process.env"))).toEqual(["src/config.ts"]);
  });

  test("nothing outside of the package is needed", () => {
    for (const file of [...files, ...filesBelow("test")])
      expect(textOf(file), file).not.toMatch(/[.][.]\/shared/);
  });
});
