import { onTestFinished } from "vitest";
import { wire } from "../fakes/wire.ts";

/** The way to a server on this machine. */
export interface Lifeline {
  /** As the address of the server, by another port. */
  url: string;
  /** Nothing gets through any more, as when the process that called has ended. */
  cut(): void;
  /** Nothing gets through until what it returns is called, as when the server cannot be reached. */
  breaks(): () => void;
}

/** Carries everything to and fro, until it is cut; also how connections break. */
export async function lifeline(to: string): Promise<Lifeline> {
  const { url, close, refuses, heals } = await wire(to);
  const cut = () => void close();
  const breaks = () => {
    void refuses();
    return () => void heals();
  };
  onTestFinished(cut);
  return { url, cut, breaks };
}
