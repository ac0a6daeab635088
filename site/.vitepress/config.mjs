import { slug } from 'github-slugger'
import { defineConfig } from 'vitepress'
import { linkOnSite, repository } from '../links.mjs'
import { readContents } from '../pages.mjs'

const contents = readContents()
const phrases = new Map(contents.flatMap(({ pages }) => pages.map(({ file, phrase }) => [`docs/${file}`, phrase])))

export default defineConfig({
  title: 'promhive',
  description: 'The Prometheus client for Node.js applications of several processes',
  lang: 'en',
  // None: without this line, browsers ask for /favicon.ico.
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  // The site has the folders of the repository, so that a link leads to the same page here and there.
  srcDir: 'pages',
  rewrites: {
    'README.md': 'index.md',
    'docs/README.md': 'docs/index.md',
    'bench/README.md': 'bench/index.md',
  },
  outDir: 'dist',
  cacheDir: 'node_modules/.cache/vitepress',
  lastUpdated: false,
  markdown: {
    // The same as on GitHub, for links that lead to a heading.
    anchor: { slugify: (heading) => slug(heading) },
    config(markdown) {
      // What no test runs says so to its readers.
      const { html_block: htmlBlock } = markdown.renderer.rules
      markdown.renderer.rules.html_block = (tokens, i, ...others) => {
        const reason = /^<!-- not run: (.+) -->\s*$/.exec(tokens[i].content)?.[1]
        if (reason === undefined) return htmlBlock(tokens, i, ...others)
        return `<p><small>Not run in the tests: ${markdown.utils.escapeHtml(reason)}.</small></p>\n`
      }
      markdown.core.ruler.push('links', ({ env, tokens }) => {
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          if (token.type === 'link_open') token.attrSet('href', linkOnSite(env.relativePath, token.attrGet('href')))
        }
      })
    },
  },
  transformPageData: ({ relativePath, filePath }) => ({ description: phrases.get(filePath ?? relativePath) }),
  // The pages are links to those of the repository.
  vite: { resolve: { preserveSymlinks: true } },
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Documentation', link: '/docs/' },
      { text: 'Changes', link: '/CHANGELOG' },
      { text: 'GitHub', link: repository },
    ],
    sidebar: [
      {
        text: 'promhive',
        items: [
          { text: 'Quick start', link: '/' },
          { text: 'All pages', link: '/docs/' },
        ],
      },
      ...contents.map(({ title, pages }) => ({
        text: title,
        collapsed: false,
        items: pages.map((page) => ({ text: page.title, link: `/docs/${page.file.replace(/\.md$/, '')}` })),
      })),
      {
        text: 'The project',
        collapsed: false,
        items: [
          { text: 'Contributing', link: '/CONTRIBUTING' },
          { text: 'Security', link: '/SECURITY' },
          { text: 'Benchmarks', link: '/bench/' },
          { text: 'Changes', link: '/CHANGELOG' },
        ],
      },
    ],
    outline: [2, 3],
    editLink: { pattern: `${repository}/edit/main/:path`, text: 'Edit this page' },
  },
})
