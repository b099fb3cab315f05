/** What Discord makes a link of. */

/**
 * Every address that someone typed, but for parentheses that are none of it. Read in a message it
 * may have a `>`, a backtick or a backslash in it; who types `<https://e.com>` means none.
 */
export const addresses = /https?:\/\/[^\s<>`\\]+[^\s<>`\\.,:;"'\]]/g;

/** One that is read in a message, if it is no longer than any; as above, but for these. */
export const bareAddress = /^https?:\/\/[^\s<]{1,4000}[^\s<.,:;"'\]]/;

/** How many parentheses at the end are none of the address, as in `(see https://e.com)`. */
function foreignParentheses(url: string): number {
  const closing = /\)*$/.exec(url.slice(-8))?.[0].length ?? 0;
  return Math.max(0, closing - (url.split("(").length - 1));
}

/** Discord leaves out one of them. */
export const withoutParenthesis = (url: string) =>
  foreignParentheses(url) > 0 ? url.slice(0, -1) : url;

export const withoutParentheses = (url: string) =>
  url.slice(0, url.length - foreignParentheses(url));

/** Whether this, with nothing behind it, is read as just this address. */
export const isBare = (url: string) =>
  bareAddress.exec(url)?.[0] === url && withoutParenthesis(url) === url;

/** Others are only text. */
export const isWebAddress = (url: string) => /^https?:\/\/[^/]/i.test(url) && URL.canParse(url);

/** A label with an address in it is refused: it could be another one than it leads to. */
export const hasAddress = (label: string) => /https?:\/\/\S/i.test(label);

/** A label that is an address without saying so, of another place than it leads to. */
export function isFalseAddress(label: string, url: string): boolean {
  const [, host] =
    /^(?:www\.)?((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})(?:[/:?#]\S*)?$/iu.exec(label.trim()) ?? [];
  if (host === undefined) return false;
  const real = URL.canParse(url) ? new URL(url).hostname.replace(/^www\./, "") : "";
  return host.toLowerCase() !== real;
}
