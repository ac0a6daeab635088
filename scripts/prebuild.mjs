// Before packing: the addon for every processor that the package brings it for. Without one of them the package would be
// slower on that processor without any sign of it: packing fails instead, and names what to install.
import { addons } from './addons.mjs'
import { buildNative } from './build-native.mjs'

// npm, and what calls it, reads the standard output of `npm pack`.
const say = (text) => console.error(text)

const missing = Object.entries(addons).filter(([arch, { compiler }]) => {
  return buildNative(arch === process.arch ? { say } : { arch, compiler, say }) === undefined
})

for (const [arch, { compiler, packages }] of missing) {
  const install =
    arch === process.arch ? 'a C compiler as cc (apt-get install gcc)' : `${compiler} (apt-get install ${packages})`
  say(`prepack: the addon for linux-${arch} cannot be built; install ${install}, and pack again`)
}
if (missing.length > 0) process.exitCode = 1
