// Before packing: the addon for every processor that the package brings it for. Without one of them the package would be
// slower on that processor without any sign of it: packing fails instead, and names what to install.
import { buildNative } from './build-native.mjs'

/** By processor: the compiler that builds for it elsewhere, and the packages of Debian and Ubuntu that bring it. */
const compilers = {
  x64: { compiler: 'x86_64-linux-gnu-gcc', packages: 'gcc-x86-64-linux-gnu libc6-dev-amd64-cross' },
  arm64: { compiler: 'aarch64-linux-gnu-gcc', packages: 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross' },
}

// npm, and what calls it, reads the standard output of `npm pack`.
const say = (text) => console.error(text)

const missing = Object.entries(compilers).filter(([arch, { compiler }]) => {
  return buildNative(arch === process.arch ? { say } : { arch, compiler, say }) === undefined
})

for (const [arch, { compiler, packages }] of missing) {
  const install =
    arch === process.arch ? 'a C compiler as cc (apt-get install gcc)' : `${compiler} (apt-get install ${packages})`
  say(`prepack: the addon for linux-${arch} cannot be built; install ${install}, and pack again`)
}
if (missing.length > 0) process.exitCode = 1
