#include "bench/engine/stack_bound.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace ganglion::bench {
namespace {

struct Function {
    uint64_t address = 0;
    uint64_t bytes = 0;  ///< of its own
    std::set<std::string> calls;
    bool calls_pointers = false;
    bool jumps_to_pointers = false;  ///< its own stack is free again by then
    bool falls_through = false;  ///< into the function behind it, as assembly does at its labels
};

/// One instruction's name and operands.
struct Instruction {
    std::string name, operands;
    bool is(const char* start) const { return name.rfind(start, 0) == 0; }
};

/// Bytes of a list of registers: {r4, r5, lr}, {d8-d15}.
uint64_t bytes_of_list(const std::string& operands) {
    static const std::regex kRegister(R"(([a-z]+)(\d*)(?:-[a-z](\d+))?)");
    const size_t begin = operands.find('{');
    const std::string list = operands.substr(begin, operands.find('}') - begin);
    uint64_t bytes = 0;
    for (std::sregex_iterator one(list.begin(), list.end(), kRegister), end; one != end; ++one) {
        const uint64_t count =
            (*one)[3].matched ? std::stoul((*one)[3]) - std::stoul((*one)[2]) + 1 : 1;
        bytes += count * ((*one)[1] == "d" ? 8 : 4);
    }
    return bytes;
}

/// Bytes that an instruction takes of the stack.
uint64_t taken_by(const Instruction& instruction, const std::string& function) {
    const std::string& operands = instruction.operands;
    if (instruction.is("push") || instruction.is("vpush") ||
        (instruction.is("stmdb") && operands.rfind("sp!", 0) == 0)) {
        return bytes_of_list(operands);
    }
    std::smatch number;
    static const std::regex kArm(R"(^sp, (?:sp, )?#(\d+))");
    static const std::regex kStored(R"(\[sp, #-(\d+)\]!)");
    static const std::regex kRiscV(R"(^sp,sp,-(\d+))");
    if (instruction.is("sub") && operands.rfind("sp,", 0) == 0) {
        if (std::regex_search(operands, number, kArm)) return std::stoul(number[1]);
        throw std::runtime_error(function + " reserves stack that only running tells");
    }
    if (instruction.is("str") && std::regex_search(operands, number, kStored))
        return std::stoul(number[1]);
    if (std::regex_search(operands, number, kRiscV)) return std::stoul(number[1]);
    return 0;
}

/// Not the conditional jumps blt, ble and bls.
bool is_arm_call(const Instruction& instruction) {
    return instruction.name == "bl" || instruction.name == "blx";
}

/// True where what follows in memory does not follow in time: a jump, a return, a call at the end.
bool leaves(const Instruction& instruction) {
    const bool always = instruction.name == "b" || instruction.is("b.") ||
                        is_arm_call(instruction) || instruction.is("bx") || instruction.is("j") ||
                        instruction.is("ret");
    const bool loads = instruction.is("pop") || instruction.is("ldm") || instruction.is("ldr");
    return always || (loads && instruction.operands.find("pc") != std::string::npos &&
                      instruction.operands.find("[pc") == std::string::npos);
}

class Image {
  public:
    explicit Image(std::string_view disassembly) {
        static const std::regex kFunction(R"(^([0-9a-f]+) <([^>]+)>:)");
        std::istringstream lines{std::string(disassembly)};
        std::string line;
        std::string name;
        while (std::getline(lines, line)) {
            std::smatch begin;
            if (std::regex_search(line, begin, kFunction)) {
                const std::string next = begin[2];
                if (!name.empty() && functions_[name].falls_through)
                    functions_[name].calls.insert(next);
                name = next;
                functions_[name].address = std::stoul(begin[1], nullptr, 16);
            } else if (!name.empty()) {
                read(line, name);
            }
        }
    }

    uint64_t bound(const std::string& root) {
        if (functions_.count(root) == 0)
            throw std::runtime_error("there is no function " + root + " in the image");
        return depth(root);
    }

  private:
    void read(const std::string& line, const std::string& name) {
        std::vector<std::string> fields;
        std::istringstream words(line);
        for (std::string field; std::getline(words, field, '\t');) fields.push_back(field);
        if (fields.size() < 3) return;
        const Instruction instruction{fields[1].substr(0, fields[1].find(' ')), fields[2]};
        if (instruction.is(".word")) {
            words_.insert(std::strtoul(fields[2].c_str(), nullptr, 16));
            return;
        }
        Function& function = functions_[name];
        function.bytes += taken_by(instruction, name);
        if (!instruction.is("nop")) function.falls_through = !leaves(instruction);
        static const std::regex kTarget(R"(<([^>+]+)(\+0x[0-9a-f]+)?>)");
        std::smatch target;
        const bool jumps = instruction.is("b") || instruction.is("j") || instruction.is("cb");
        if (!jumps || instruction.is("bf") || instruction.is("bic")) return;
        if (std::regex_search(fields[2], target, kTarget)) {
            // A jump to behind another label stays inside the function that the label is part of.
            const bool is_call = is_arm_call(instruction) || instruction.is("jal");
            if (target[1] != name && (is_call || !target[2].matched))
                function.calls.insert(target[1]);
        } else if (instruction.is("blx") || instruction.is("jalr")) {
            function.calls_pointers = true;
        } else if (instruction.is("bx") && fields[2].rfind("lr", 0) != 0) {
            function.jumps_to_pointers = true;
        }
    }

    uint64_t depth(const std::string& name) {
        const auto known = depths_.find(name);
        if (known != depths_.end()) return known->second;
        if (!open_.insert(name).second)
            throw std::runtime_error(name + " calls itself, so its stack has no bound");
        const Function& function = functions_.at(name);
        uint64_t most = 0;
        for (const std::string& callee : function.calls) {
            if (functions_.count(callee) != 0) most = std::max(most, depth(callee));
        }
        if (function.calls_pointers) most = std::max(most, depth_behind_pointers(name));
        uint64_t all = function.bytes + most;
        if (function.jumps_to_pointers) all = std::max(all, depth_behind_pointers(name));
        open_.erase(name);
        return depths_[name] = all;
    }

    /// The costliest function that a pointer may lead to.
    uint64_t depth_behind_pointers(const std::string& name) {
        uint64_t most = 0;
        for (const auto& [other, about] : functions_) {
            // The lowest bit of a pointer tells the instruction set.
            const bool is_held =
                words_.count(about.address) != 0 || words_.count(about.address | 1) != 0;
            if (is_held && open_.count(other) == 0 && !reaches(other, name))
                most = std::max(most, depth(other));
        }
        return most;
    }

    /// Whether a function is another or calls it, as start-up code does whose address is held, too.
    bool reaches(const std::string& from, const std::string& to) const {
        std::set<std::string> seen;
        std::vector<std::string> left = {from};
        while (!left.empty()) {
            const std::string name = left.back();
            left.pop_back();
            if (name == to) return true;
            const auto function = functions_.find(name);
            if (function == functions_.end() || !seen.insert(name).second) continue;
            left.insert(left.end(), function->second.calls.begin(), function->second.calls.end());
        }
        return false;
    }

    std::map<std::string, Function> functions_;
    std::set<uint64_t> words_;  // data between the code
    std::map<std::string, uint64_t> depths_;
    std::set<std::string> open_;
};

}  // namespace

uint64_t stack_bound(std::string_view disassembly, const std::string& root) {
    return Image(disassembly).bound(root);
}

}  // namespace ganglion::bench
