const mostRemembered = 2_000;

export type Once = (what: string, work: () => Promise<void>) => Promise<void>;

/** Does work once for each name, as far as the latest are remembered; what fails may be done again. */
export function onceEach(most = mostRemembered): Once {
  const known = new Set<string>();
  return async (what, work) => {
    if (known.has(what)) return;
    known.add(what);
    for (const oldest of known) if (known.size > most) known.delete(oldest);
    try {
      await work();
    } catch (error) {
      known.delete(what);
      throw error;
    }
  };
}
