// Compares README, docs and sources with the banned words. Run as a program, it exits with 1 if one is found.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { allowed } from './allowed.mjs'
import { banned, rare, scopes } from './banned.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** How each scope is read: its files, and the text of a file that is checked, line by line. */
const readers = {
  docs: {
    files: () => [
      'README.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      'CHANGELOG.md',
      'bench/README.md',
      ...filesIn('docs', '.md'),
    ],
    textOf: withoutAddresses,
  },
  examples: {
    files: () => filesIn('examples', '.mjs', '.cjs', '.ts', '.yml', '.service', 'Dockerfile'),
    textOf: withoutAddresses,
  },
  comments: { files: () => filesIn('src', '.ts'), textOf: commentsOf },
  identifiers: { files: () => filesIn('src', '.ts'), textOf: identifiersOf },
  texts: { files: () => filesIn('src', '.ts'), textOf: textsOf },
  tests: {
    files: () => filesIn('test', '.ts', '.mjs', '.cjs').filter((path) => !path.includes('/node_modules/')),
    textOf: titlesOf,
  },
}

/**
 * Checks the whole tree.
 * @returns {string[]} a line for each fault
 */
export function checkWords() {
  const found = scopes.flatMap((scope) =>
    readers[scope].files().flatMap((path) => {
      if (isPassedOver(path, scope)) return []
      const text = readers[scope].textOf(readFileSync(join(root, path), 'utf8'))
      return findBanned(text, scope).map((fault) => ({ path, scope, ...fault }))
    }),
  )
  const used = new Set()
  const faults = found.filter((fault) => {
    const entry = allowed.find((each) => covers(each, fault))
    if (entry !== undefined) used.add(entry)
    return entry === undefined
  })
  const stale = allowed.filter((entry) => entry.word !== undefined && !used.has(entry))
  return [
    ...faults.map(({ path, line, text, instead }) => `${path}:${line}: "${text}": ${instead}`),
    ...allowed
      .filter(({ path }) => !existsSync(join(root, path)))
      .map(({ path }) => `scripts/words/allowed.mjs: there is no ${path}: remove the entry`),
    ...stale.map(({ path, word }) => `scripts/words/allowed.mjs: ${path} no longer has "${word}": remove the entry`),
    ...[findTooMany(textOfDocs())].filter((fault) => fault !== undefined),
  ]
}

/**
 * Finds the banned words of a scope in a text.
 * @returns {{ line: number, word: string, text: string, instead: string }[]}
 */
export function findBanned(text, scope) {
  const rules = banned.filter((rule) => rule.scopes === undefined || rule.scopes.includes(scope))
  return text
    .split('\n')
    .flatMap((line, i) =>
      rules.flatMap(({ word, pattern, instead }) =>
        (line.match(pattern) ?? []).map((found) => ({ line: i + 1, word, text: found, instead })),
      ),
    )
}

/** Keeps the comments of a source and its line breaks. */
export function commentsOf(source) {
  return keep(source, (token) => token.startsWith('//') || token.startsWith('/*'))
}

/** Keeps the texts in a source that people read: literals with a space, such as errors, log lines and usages. */
export function textsOf(source) {
  return keep(source, (token) => /^['"`]/.test(token) && token.includes(' ')).replace(/\$\{[^}]*\}/g, '')
}

/** Keeps the comments of a test, and the titles: literals with a space that are the first argument of a call such as `test()`. */
export function titlesOf(source) {
  let before = ''
  return keep(source, (token) => {
    const isTitle = /^['"`]/.test(token) && token.includes(' ') && /(?:\b(?:describe|test|it)|\))\($/i.test(before)
    if (token.trim() !== '') before = before.slice(-20) + token
    return isTitle || token.startsWith('//') || token.startsWith('/*')
  }).replace(/\$\{[^}]*\}/g, '')
}

/** Keeps the names in a source, each as its single words: `waitPatiently` is "wait Patiently". */
export function identifiersOf(source) {
  const code = keep(source, (token) => /^[\w$]/.test(token))
  return code.replace(/([a-z\d])([A-Z])/g, '$1 $2').replaceAll('_', ' ')
}

/** Comments, strings, names, and any other character. */
const tokens = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|[\w$]+|[\s\S]/g

function keep(source, isKept) {
  return source.replace(tokens, (token) => (isKept(token) ? token : token.replace(/[^\n]/g, ' ')))
}

function textOfDocs() {
  const paths = readers.docs.files().filter((path) => !isPassedOver(path, 'docs'))
  return paths.map((path) => readers.docs.textOf(readFileSync(join(root, path), 'utf8'))).join('\n')
}

/** Addresses contain words of others. */
function withoutAddresses(text) {
  return text.replace(/https?:\/\/[^\s)]+/g, '')
}

function covers(entry, { path, scope, word }) {
  const inPath = entry.path.endsWith('/') ? path.startsWith(entry.path) : path === entry.path
  return inPath && (entry.scope ?? scope) === scope && (entry.word ?? word) === word
}

/** Whether an entry covers all words of a file. */
function isPassedOver(path, scope) {
  return allowed.some((entry) => entry.word === undefined && covers(entry, { path, scope }))
}

/**
 * Counts the words that a text may have now and then.
 * @returns {string | undefined} a fault, if there are too many
 */
export function findTooMany(text) {
  const found = text.match(rare.words) ?? []
  const words = text.split(/\s+/).length
  if (found.length * rare.per <= rare.limit * words) return undefined
  const names = [...new Set(found.map((word) => word.toLowerCase()))].join(', ')
  return `README and docs: ${names}: ${found.length} times in ${words} words: ${rare.instead}`
}

function filesIn(folder, ...endings) {
  const names = readdirSync(join(root, folder), { recursive: true }).map((name) => name.replaceAll('\\', '/'))
  return names
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .sort()
    .map((name) => `${folder}/${name}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = checkWords()
  for (const fault of faults) console.error(fault)
  process.exit(faults.length > 0 ? 1 : 0)
}
