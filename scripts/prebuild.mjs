// Before packing: the addon for every platform that the package brings it for. Without one of them the package would be
// slower there without any sign of it: packing fails instead, and names what to install.
import { addons, compiler, nameOf } from './addons.mjs'
import { buildAddon } from './build-addon.mjs'

// npm, and what calls it, reads the standard output of `npm pack`.
const say = (text) => console.error(`prepack: ${text}`)

const missing = compiler.present ? addons.filter((addon) => !buildAddon(addon, say)) : addons
if (missing.length > 0) {
  const names = missing.map(nameOf).join(', ')
  const way = compiler.present ? 'see above' : `install ${compiler.install}, and pack again`
  say(`no addon for ${names}: ${way}`)
  process.exitCode = 1
}
