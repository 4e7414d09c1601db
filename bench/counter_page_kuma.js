// Make an account, monitors and one public status page of them, as Uptime Kuma's web page would: by socket.io.
"use strict";

const { io } = require("socket.io-client");

const [url, watched, slug] = process.argv.slice(2);
const person = "bench";
const password = "Bench-only-0";
const names = ["VNPT", "Viettel", "Cổng Dịch vụ công quốc gia", "VNeID", "iHanoi", "Chữ ký số", "Thủ tục hành chính"];

function connect() {
    return new Promise((resolve) => {
        const socket = io(url, { reconnection: true, reconnectionDelay: 500 });
        socket.on("connect", () => resolve(socket));
    });
}

function ask(socket, word, ...values) {
    return new Promise((resolve, reject) => {
        socket.emit(word, ...values, (answer) => {
            if (answer && answer.ok === false) {
                reject(new Error(`${word}: ${answer.msg}`));
            } else {
                resolve(answer);
            }
        });
    });
}

async function main() {
    const socket = await connect();
    await ask(socket, "setup", person, password);
    await ask(socket, "login", { username: person, password: password, token: "" });
    const monitorList = [];
    for (const name of names) {
        const monitor = {
            type: "http",
            name,
            url: watched,
            method: "GET",
            interval: 20,
            retryInterval: 20,
            maxretries: 0,
            accepted_statuscodes: ["200-299"],
            dns_resolve_type: "A",
            dns_resolve_server: "",
            maxredirects: 10,
            timeout: 16,
            resendInterval: 0,
            kafkaProducerBrokers: [],
            kafkaProducerSaslOptions: { mechanism: "None" },
            notificationIDList: {},
        };
        monitorList.push({ id: (await ask(socket, "add", monitor)).monitorID });
    }
    await ask(socket, "addStatusPage", "Điểm phục vụ", slug);
    const config = {
        slug,
        title: "Điểm phục vụ",
        description: "",
        logo: "/icon.svg",
        theme: "auto",
        showTags: false,
        footerText: "",
        customCSS: "",
        showPoweredBy: true,
        showCertificateExpiry: false,
        googleAnalyticsId: "",
        domainNameList: [],
    };
    await ask(socket, "saveStatusPage", slug, config, "/icon.svg", [{ name: "Đường truyền và dịch vụ", monitorList }]);
    socket.close();
}

main().then(
    () => process.exit(0),
    (error) => {
        console.error(String(error));
        process.exit(1);
    },
);
