declare module "fs-native-extensions" {
  /** Asks the kernel for an exclusive lock on an open, writable file; false when another has it. */
  export function tryLock(fd: number): boolean;
}
