/**
 * The addons that the package is published with, all for Linux. By processor: the compiler that builds for it on another
 * one, and the packages of Debian and Ubuntu that bring the compiler.
 */
export const addons = {
  x64: { compiler: 'x86_64-linux-gnu-gcc', packages: 'gcc-x86-64-linux-gnu libc6-dev-amd64-cross' },
  arm64: { compiler: 'aarch64-linux-gnu-gcc', packages: 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross' },
}
