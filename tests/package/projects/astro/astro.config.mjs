export default { base: "/sub/path", devToolbar: { enabled: false } };
