/**
 * The properties of a layer of Express' router that promhive uses. Its path and parameters are those of the last match.
 */
export interface ExpressLayer {
  readonly handle?: unknown
  readonly name?: unknown
  readonly route?: unknown
  readonly path?: unknown
  readonly params?: unknown
  /** Express 4: the expression for its path, and the names of its groups. */
  readonly regexp?: RegExp
  readonly keys?: readonly { readonly name: unknown; readonly optional?: unknown }[]
  /** Express 5: the matchers for its paths. */
  readonly matchers?: readonly { readonly name: string }[]
  match?(path: string): unknown
}

/** The match of a layer: returned by `router` 2.3, otherwise partly on the layer itself. */
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
    return undefined // The path contains an invalid escape sequence.
  }
}

/** Returns the path under which a layer was mounted, as the application wrote it; never a part of the request. */
export function mountPath(layer: ExpressLayer, { path, pattern }: Match): string {
  if (pattern !== undefined) return typeof pattern === 'string' ? withoutSlash(pattern) : String(pattern)
  if (path === '') return ''
  if (layer.regexp !== undefined) return writtenAs(layer.regexp, layer.keys ?? [], path)
  // A regular expression is not visible from outside, nor whether it matched.
  if (layer.matchers?.some(({ name }) => name === 'regexpMatcher') === true) return '/*'
  return probed(layer, path)
}

export function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '')
}

/** The suffix that Express 4 appends to the path of a mount. */
const tail = String.raw`\/?(?=\/|$)`

/** A parameter or a `*` in the expressions of Express 4; since 4.20, a parameter includes its slash. */
const group = /\(\?:(\\\/)?\([^()]*\)\)(\?)?|\(\?:\(\(\?:\(\?![^()]*\)\.\)\+\?\)\)|\(\.\*\)/g

/** Reconstructs a path from an expression of Express 4; an unusual expression is returned unchanged. */
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

/**
 * Express 5.0 to 5.2 do not store the path. Finds out which segments are parameters by matching other words in their
 * positions.
 */
function probed(layer: ExpressLayer, path: string): string {
  const segments = path.split('/')
  const templateSegments: string[] = []
  for (const [index, segment] of segments.entries()) {
    if (segment === '') continue
    const word = parameterAt(layer, segments, index) ?? literalAt(layer, segments, index)
    if (word !== templateSegments.at(-1) || !word.startsWith('*')) templateSegments.push(word)
  }
  return templateSegments.map((word) => `/${word}`).join('')
}

function parameterAt(layer: ExpressLayer, segments: readonly string[], index: number): string | undefined {
  const other = `${segments[index]}0`
  const match = matchWithWord(layer, segments, index, other)
  if (match === undefined) return undefined
  const word = decoded(other)
  for (const [name, value] of Object.entries(match.params)) {
    if (value === word) return `:${name}`
    if (Array.isArray(value) && value.includes(word)) return `*${name}`
  }
  return '*'
}

/**
 * Returns a literal segment as the application wrote it. Unless the router is case-sensitive, a request may have any
 * case.
 */
function literalAt(layer: ExpressLayer, segments: readonly string[], index: number): string {
  const literal = segments[index]!
  const [small, large] = [literal.toLowerCase(), literal.toUpperCase()]
  const either = [small, large].every((word) => matchWithWord(layer, segments, index, word) !== undefined)
  return either ? small : literal
}

/** Matches the path with another word in one position; returns the match if it covers the whole path. */
function matchWithWord(
  layer: ExpressLayer,
  segments: readonly string[],
  index: number,
  word: string,
): Match | undefined {
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
