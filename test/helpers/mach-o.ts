import { createHash } from 'node:crypto'

/** What a file of macOS says of itself, as far as it decides whether Node.js can load it. */
export interface MachO {
  readonly processor: 'x64' | 'arm64'
  /** A library and a bundle load alike. */
  readonly isLibrary: boolean
  /** The oldest macOS that it is for. */
  readonly minimum: string
  readonly libraries: readonly string[]
  readonly exported: readonly string[]
  /** What it needs, by where it is looked for: in the process, or in the library of this number, from 1 on. */
  readonly needed: readonly { readonly name: string; readonly from: 'process' | number }[]
  readonly signature: Signature | undefined
}

export interface Signature {
  readonly isAdHoc: boolean
  /** The bytes from the start of the file that it covers. */
  readonly covers: number
  /** Whether each page has the hash that the signature has for it. */
  readonly isValid: boolean
}

const magic = 0xfeedfacf
const processors: Readonly<Record<number, MachO['processor']>> = { 16777223: 'x64', 16777228: 'arm64' }
const libraryTypes = [6, 8]
const commands = { symbols: 0x2, library: 0xc, signature: 0x1d, build: 0x32 } as const
/** Of the type of a symbol. */
const bits = { debug: 0xe0, private: 0x10, kind: 0x0e, external: 0x01 } as const
const inProcess = 0xfe

/** Reads a 64-bit file of macOS, as `mach-o/loader.h` and `mach-o/nlist.h` describe it. Throws if it is none. */
export function readMachO(file: Buffer): MachO {
  if (file.readUInt32LE(0) !== magic) throw new Error('no 64-bit file of macOS')
  const processor = processors[file.readUInt32LE(4)]
  if (processor === undefined) throw new Error('for an unknown processor')
  const of = (command: number) => loadCommands(file).filter(([kind]) => kind === command)
  const [build] = of(commands.build)
  const symbols = of(commands.symbols).flatMap(([, at]) => symbolsAt(file, at))
  const [signature] = of(commands.signature)
  return {
    processor,
    isLibrary: libraryTypes.includes(file.readUInt32LE(12)),
    minimum: build === undefined ? '' : versionAt(file, build[1] + 12),
    libraries: of(commands.library).map(([, at]) => textAt(file, at + file.readUInt32LE(at + 8))),
    exported: symbols.filter(({ isDefined }) => isDefined).map(({ name }) => name),
    needed: symbols.filter(({ isDefined }) => !isDefined).map(({ name, from }) => ({ name, from })),
    signature: signature === undefined ? undefined : signatureAt(file, file.readUInt32LE(signature[1] + 8)),
  }
}

/** The kind and the position of each load command. */
function loadCommands(file: Buffer): [kind: number, at: number][] {
  const found: [number, number][] = []
  let at = 32
  for (let left = file.readUInt32LE(16); left > 0; left--) {
    found.push([file.readUInt32LE(at), at])
    at += file.readUInt32LE(at + 4)
  }
  return found
}

/** Symbols that other files see, or that come from other files. */
function symbolsAt(file: Buffer, at: number) {
  const [first, count, texts] = [8, 12, 16].map((offset) => file.readUInt32LE(at + offset)) as [number, number, number]
  return Array.from({ length: count }, (_, i) => first + i * 16)
    .map((symbol) => {
      const [type, library] = [file.readUInt8(symbol + 4), file.readUInt16LE(symbol + 6) >> 8]
      return {
        name: textAt(file, texts + file.readUInt32LE(symbol)),
        from: library === inProcess ? ('process' as const) : library,
        isDefined: (type & bits.kind) !== 0,
        isSeen: (type & (bits.debug | bits.private)) === 0 && (type & bits.external) !== 0,
      }
    })
    .filter(({ isSeen }) => isSeen)
}

/** The signature is in the other byte order: parts, of which one has a hash for each page. */
function signatureAt(file: Buffer, at: number): Signature | undefined {
  const parts = Array.from({ length: file.readUInt32BE(at + 8) }, (_, i) => at + file.readUInt32BE(at + 16 + i * 8))
  const directory = parts.find((part) => file.readUInt32BE(part) === 0xfade0c02)
  if (file.readUInt32BE(at) !== 0xfade0cc0 || directory === undefined) return undefined
  const [hashes, count, covers] = [16, 28, 32].map((offset) => file.readUInt32BE(directory + offset)) as [
    number,
    number,
    number,
  ]
  const pageSize = 1 << file.readUInt8(directory + 39)
  const isSha256 = file.readUInt8(directory + 37) === 2
  const isValid = Array.from({ length: count }, (_, page) => {
    const bytes = file.subarray(page * pageSize, Math.min((page + 1) * pageSize, covers))
    const expected = file.subarray(directory + hashes + page * 32, directory + hashes + (page + 1) * 32)
    return createHash('sha256').update(bytes).digest().equals(expected)
  }).every((equal) => equal)
  const isAdHoc = (file.readUInt32BE(directory + 12) & 2) !== 0
  return { isAdHoc, covers, isValid: isSha256 && isValid && count === Math.ceil(covers / pageSize) }
}

function versionAt(file: Buffer, at: number): string {
  const version = file.readUInt32LE(at)
  return `${version >> 16}.${(version >> 8) & 0xff}`
}

function textAt(file: Buffer, at: number): string {
  return file.toString('latin1', at, file.indexOf(0, at))
}
