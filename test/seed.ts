import fc from "fast-check";

/**
 * Every run draws the same examples, so that a run that decides about a change can be repeated.
 * `PROPERTY_SEED` names another seed, or `random`: then each property that fails prints its own.
 */
const { PROPERTY_SEED: given = "5" } = process.env;

if (given !== "random") {
  const seed = Number(given);
  if (!Number.isInteger(seed)) throw new Error(`PROPERTY_SEED is no seed: ${given}`);
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
}
