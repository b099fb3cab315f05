import { hash } from "node:crypto";

/** Differs when texts do. */
export const digest = (text: string): string => hash("sha256", text, "base64url");

/** The same for what is kept in documents: 132 bits of it tell one text from another as well. */
export const shortDigest = (text: string): string => digest(text).slice(0, 22);
