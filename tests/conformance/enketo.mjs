// Evaluates expressions in the engine of Kobo's web forms, line by line: {"expression", "context"} → its three values.
// Run by enketo.py in a folder where openrosa-xpath-evaluator and jsdom are installed; the first line is the document.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.cwd() + "/");
const { JSDOM } = require("jsdom");
const { window } = new JSDOM("");
for (const name of ["DOMParser", "Node", "XPathResult"]) globalThis[name] = window[name];
globalThis.XPathEvaluator = class {
    // jsdom's own wants other arguments than a browser's
    evaluate(expression, node, resolver, kind = 0) {
        return (node.ownerDocument ?? node).evaluate(expression, node, resolver, kind, null);
    }
    createExpression(expression, resolver) {
        return { evaluate: (node, kind) => this.evaluate(expression, node, resolver, kind) };
    }
};
const evaluator = require("openrosa-xpath-evaluator")();

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => (await lines.next()).value;
const page = new DOMParser().parseFromString(JSON.parse(await next()), "application/xml");
const kinds = { text: XPathResult.STRING_TYPE, boolean: XPathResult.BOOLEAN_TYPE, number: XPathResult.NUMBER_TYPE };
const read = { text: "stringValue", boolean: "booleanValue", number: "numberValue" };

const valueOf = (expression, node, kind) => {
    try {
        const value = evaluator.evaluate(expression, node, null, kinds[kind])[read[kind]];
        return kind === "number" && !Number.isFinite(value) ? String(value) : value;
    } catch {
        return null;
    }
};

for (let line = await next(); line !== undefined; line = await next()) {
    const { expression, context } = JSON.parse(line);
    const node = page.evaluate(context, page, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null).singleNodeValue;
    process.stdout.write(JSON.stringify(Object.keys(kinds).map((kind) => valueOf(expression, node, kind))) + "\n");
}
process.exit(0);
