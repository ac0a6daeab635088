// Before packing: the addon for every processor that the package brings it for. Where a compiler is missing, npm install
// on that processor finds none, and the buffered writer serves.
import { buildNative } from './build-native.mjs'

const compilers = { x64: 'x86_64-linux-gnu-gcc', arm64: 'aarch64-linux-gnu-gcc' }

for (const [arch, compiler] of Object.entries(compilers)) {
  // npm and who calls it read the standard output of `npm pack`.
  const say = (text) => console.error(text)
  buildNative(arch === process.arch ? { say } : { arch, compiler, say })
}
