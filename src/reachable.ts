/** An address that this machine can ask, of one to listen at: 0.0.0.0 and :: are for that only. */
export const reachable = (url: string): string =>
  url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
