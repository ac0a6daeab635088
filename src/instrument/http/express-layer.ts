/** Of a layer of Express' router, what is used here: it knows its own path and parameters once it has been asked to match. */
export interface ExpressLayer {
  readonly handle?: unknown
  readonly name?: unknown
  readonly route?: unknown
  readonly path?: unknown
  readonly params?: unknown
  /** Of Express 4: what its path was made into, and the names of the groups in it. */
  readonly regexp?: RegExp
  readonly keys?: readonly { readonly name: unknown; readonly optional?: unknown }[]
  /** Of Express 5: what its paths were made into. */
  readonly matchers?: readonly { readonly name: string }[]
  match?(path: string): unknown
}

/** What a layer says of a path that it matches: all of it in `router` 2.3, else parts of it on the layer itself. */
export interface Match {
  readonly path: string
  readonly params: Readonly<Record<string, unknown>>
  readonly pattern?: unknown
}

export function matchOf(layer: ExpressLayer, path: string): Match | undefined {
  const answer = answerOf(layer, path)
  if (!answer) return undefined
  const match = (typeof answer === 'object' ? answer : layer) as Match
  return typeof match.path === 'string' && typeof match.params === 'object' ? match : undefined
}

function answerOf(layer: ExpressLayer, path: string): unknown {
  try {
    return layer.match?.(path)
  } catch {
    return undefined // Words that cannot be decoded.
  }
}

/** The path that a layer was mounted under, as the application wrote it; never a word of the request. */
export function mountPath(layer: ExpressLayer, { path, pattern }: Match): string {
  if (pattern !== undefined) return typeof pattern === 'string' ? withoutSlash(pattern) : String(pattern)
  if (path === '') return ''
  if (layer.regexp !== undefined) return writtenAs(layer.regexp, layer.keys ?? [], path)
  // An expression cannot be seen from outside, nor whether it was it that matched.
  if (layer.matchers?.some(({ name }) => name === 'regexpMatcher') === true) return '/*'
  return probed(layer, path)
}

export function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '')
}

/** What Express 4 appends to the path of a mount. */
const tail = String.raw`\/?(?=\/|$)`

/** A parameter or a `*`, as Express 4 writes it: a parameter with its slash since 4.20, without it before. */
const group = /\(\?:(\\\/)?\([^()]*\)\)(\?)?|\(\?:\(\(\?:\(\?![^()]*\)\.\)\+\?\)\)|\(\.\*\)/g

/** Express 4 keeps the expression only; what is none of its usual ones is shown as it is. */
function writtenAs(regexp: RegExp, keys: NonNullable<ExpressLayer['keys']>, path: string): string {
  const { source, flags } = regexp
  if (!source.endsWith(tail)) return String(regexp)
  let named = 0
  for (const alternative of source.slice(0, -tail.length).split(`${tail}|`)) {
    const written = alternative.slice(1).replace(group, (all, slash = '', optional = '') => {
      const name = String(keys[named++]?.name)
      return all === '(.*)' ? '*' : `${slash}:${name}${optional}`
    })
    if (new RegExp(alternative + tail, flags).exec(path)?.[0] !== path) continue
    const plain = written.replace(/\\([/.])/g, '$1')
    return /[()[\]\\+|^$]/.test(plain) ? String(regexp) : withoutSlash(plain)
  }
  return String(regexp)
}

/** Express 5.0 to 5.2 keep nothing: which segments are parameters is seen by asking for others in their place. */
function probed(layer: ExpressLayer, path: string): string {
  const segments = path.split('/')
  const shown: string[] = []
  for (const [index, segment] of segments.entries()) {
    if (segment === '') continue
    const word = parameterAt(layer, segments, index) ?? literalAt(layer, segments, index)
    if (word !== shown.at(-1) || !word.startsWith('*')) shown.push(word)
  }
  return shown.map((word) => `/${word}`).join('')
}

function parameterAt(layer: ExpressLayer, segments: readonly string[], index: number): string | undefined {
  const other = `${segments[index]}0`
  const match = asked(layer, segments, index, other)
  if (match === undefined) return undefined
  const word = decoded(other)
  for (const [name, value] of Object.entries(match.params)) {
    if (value === word) return `:${name}`
    if (Array.isArray(value) && value.includes(word)) return `*${name}`
  }
  return '*'
}

/** Where the router is not case-sensitive, a request may have any case. */
function literalAt(layer: ExpressLayer, segments: readonly string[], index: number): string {
  const literal = segments[index]!
  const [small, large] = [literal.toLowerCase(), literal.toUpperCase()]
  const either = [small, large].every((word) => asked(layer, segments, index, word) !== undefined)
  return either ? small : literal
}

/** What a layer says of the path with another word in one place, if it still matches all of it. */
function asked(layer: ExpressLayer, segments: readonly string[], index: number, word: string): Match | undefined {
  const path = segments.map((segment, at) => (at === index ? word : segment)).join('/')
  const match = matchOf(layer, path)
  return match?.path === path ? match : undefined
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
