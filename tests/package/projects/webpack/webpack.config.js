const HtmlWebpackPlugin = require("html-webpack-plugin");

module.exports = { mode: "production", entry: "./shared/page.js", plugins: [new HtmlWebpackPlugin({ title: "webpack" })], performance: { hints: false } };
