// CommonJS that requires an ES module, which counts in the registry that CommonJS shows.
const { register } = require('promhive')
require('./counts.mjs')

register.metrics().then((text) => console.log(text.trim().split('\n').at(-1)))
