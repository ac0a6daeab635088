import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { listPages, root } from './pages.mjs'

/** Where the repository shows its files, without a slash at the end. */
export const repository = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).repository.url.replace(
  /^git\+|\.git$/g,
  '',
)

const pages = listPages()

/**
 * Adapts a link of a page to the site. The site has the folders of the repository, so a link between pages stays; a link to
 * another file becomes one to the repository.
 * @param {string} page the path of the page below the root of the repository
 * @param {string} link as the page has it
 */
export function linkOnSite(page, link) {
  if (/^(?:[a-z]+:|\/|#)/.test(link)) return link
  const [file, heading] = link.split('#')
  const path = posix.join(posix.dirname(page), file)
  if (pages.includes(path)) return link.replace(/README\.md\b/, 'index.md')
  // VitePress reports it as a dead link.
  if (!existsSync(join(root, path))) return link
  const kind = statSync(join(root, path)).isDirectory() ? 'tree' : 'blob'
  return `${repository}/${kind}/main/${path}${heading === undefined ? '' : `#${heading}`}`
}
