#include "widgets/run_table/run_filter.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <QStringList>
#include <cmath>

namespace slab {
namespace {

QString words(const char* text) {
  return QCoreApplication::translate("RunFilter", text);
}

QString plain(QString text) {
  static const QRegularExpression skipped("[-_\\s]");
  return text.toLower().remove(skipped);
}

bool isAccuracy(const QString& field) {
  const QString name = plain(field);
  return name.contains("top1") || name.contains("maskap");
}

struct Comparison : RunFilter::Node {
  QString field, op, value;

  [[nodiscard]] bool matches(const RunRow& row) const override {
    const QString have = runField(row, field);
    if (have.isNull()) return op == "!=";
    bool haveNumber = false, wantNumber = false;
    const double a = have.toDouble(&haveNumber);
    double b = QString(value).remove('%').toDouble(&wantNumber);
    if (haveNumber && wantNumber && op != "~") {
      if (isAccuracy(field) && b <= 1 && !value.contains('%')) b *= 100;
      return compare(a, b);
    }
    if (op == "~") return plain(have).contains(plain(value));
    if (op == "=") return plain(have) == plain(value);
    return op == "!=" && plain(have) != plain(value);
  }

  [[nodiscard]] bool compare(double a, double b) const {
    if (op == "=") return std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b));
    if (op == "!=") return std::abs(a - b) > 1e-9 * std::max(std::abs(a), std::abs(b));
    if (op == "<") return a < b;
    if (op == "<=") return a <= b;
    if (op == ">") return a > b;
    return a >= b;
  }
};

struct Contains : RunFilter::Node {
  QString text;
  [[nodiscard]] bool matches(const RunRow& row) const override {
    return plain(row.name).contains(plain(text)) || plain(row.model).contains(plain(text));
  }
};

struct Not : RunFilter::Node {
  std::shared_ptr<const Node> item;
  [[nodiscard]] bool matches(const RunRow& row) const override { return !item->matches(row); }
};

struct Both : RunFilter::Node {
  std::shared_ptr<const Node> left, right;
  bool isAnd = true;
  [[nodiscard]] bool matches(const RunRow& row) const override {
    return isAnd ? left->matches(row) && right->matches(row) : left->matches(row) || right->matches(row);
  }
};

using NodePtr = std::shared_ptr<const RunFilter::Node>;

/// Recursive descent: or -> and -> not -> bracket | comparison | word.
class Parser {
 public:
  explicit Parser(const QString& text) {
    static const QRegularExpression token(R"("[^"]*"|<=|>=|!=|==|[=<>~()&|]|[^\s=<>~()&|!"]+)");
    for (auto it = token.globalMatch(text); it.hasNext();) tokens_ += it.next().captured();
  }

  NodePtr parse() {
    NodePtr node = parseOr();
    if (at_ < tokens_.size() && error_.isEmpty()) error_ = words("unexpected \"%1\"").arg(tokens_[at_]);
    return node;
  }

  QString error_;

 private:
  static bool isAnd(const QString& t) { return t == "&" || t.compare("and", Qt::CaseInsensitive) == 0; }
  static bool isOr(const QString& t) { return t == "|" || t.compare("or", Qt::CaseInsensitive) == 0; }
  static bool isOperator(const QString& t) {
    return QStringList{"=", "==", "!=", "<", "<=", ">", ">=", "~"}.contains(t);
  }
  [[nodiscard]] QString peek(qsizetype ahead = 0) const { return tokens_.value(at_ + ahead); }

  NodePtr join(NodePtr left, NodePtr right, bool is_and) {
    auto both = std::make_shared<Both>();
    both->left = std::move(left), both->right = std::move(right), both->isAnd = is_and;
    return both;
  }

  NodePtr parseOr() {
    NodePtr left = parseAnd();
    while (isOr(peek())) ++at_, left = join(left, parseAnd(), false);
    return left;
  }

  NodePtr parseAnd() {
    NodePtr left = parseNot();
    while (at_ < tokens_.size() && !isOr(peek()) && peek() != ")") {
      if (isAnd(peek())) ++at_;
      left = join(left, parseNot(), true);
    }
    return left;
  }

  NodePtr parseNot() {
    if (peek().compare("not", Qt::CaseInsensitive) == 0 && !isOperator(peek(1))) {
      ++at_;
      auto node = std::make_shared<Not>();
      node->item = parseNot();
      return node;
    }
    return parseTerm();
  }

  NodePtr parseTerm() {
    const QString token = peek();
    ++at_;
    if (token == "(") {
      NodePtr inside = parseOr();
      if (peek() != ")") error_ = words("a bracket is not closed");
      ++at_;
      return inside;
    }
    if (token.isEmpty() || isOperator(token) || isAnd(token) || isOr(token) || token == ")") {
      if (error_.isEmpty())
        error_ = token.isEmpty() ? words("something is missing at the end") : words("unexpected \"%1\"").arg(token);
      return std::make_shared<Contains>();
    }
    if (!isOperator(peek())) {
      auto node = std::make_shared<Contains>();
      node->text = QString(token).remove('"');
      return node;
    }
    auto node = std::make_shared<Comparison>();
    node->field = token;
    node->op = peek() == "==" ? "=" : peek();
    ++at_;
    node->value = peek().remove('"');
    if (node->value.isEmpty() || isOperator(node->value)) error_ = words("%1 %2 what?").arg(node->field, node->op);
    ++at_;
    return node;
  }

  QStringList tokens_;
  qsizetype at_ = 0;
};

QString number(double value) {
  return std::isfinite(value) ? QString::number(value, 'g', 12) : QString();
}

}  // namespace

QString runField(const RunRow& row, const QString& field) {
  const QString name = plain(field);
  if (name == "name") return row.name;
  if (name == "state") return stateText(row.state);
  if (name == "model") return row.model.isEmpty() ? row.config.value("model.name") : row.model;
  if (name == "dataset") return row.dataset;
  if (name == "device") return row.device;
  const QString score = row.isDetector() ? QStringLiteral("maskap") : QStringLiteral("top1");
  if (name == score) return number(row.top1);
  if (name == "best" + score) return number(row.bestTop1);
  if (name == "loss") return number(row.loss);
  if (name == "lambda") return number(row.lambda);
  if (name == "step") return QString::number(row.step);
  if (name == "steps") return QString::number(row.steps);
  if (name == "parameters") return number(row.parameters);
  if (name == "hours") return number(row.activeSeconds / 3600);
  if (name == "notes") return row.notes;
  if (name == "starred") return row.starred ? "true" : "false";
  for (auto it = row.config.begin(); it != row.config.end(); ++it) {
    if (plain(it.key()) == name || plain(it.key().section('.', -1)) == name) return it.value();
  }
  return {};
}

RunFilter::RunFilter(const QString& text) {
  if (text.trimmed().isEmpty()) return;
  Parser parser(text);
  NodePtr root = parser.parse();
  error_ = parser.error_;
  if (error_.isEmpty()) root_ = std::move(root);
}

bool RunFilter::matches(const RunRow& row) const {
  return root_ == nullptr || root_->matches(row);
}

}  // namespace slab
